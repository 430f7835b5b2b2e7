//! A graph in the language of Graphviz, word by word as Celery's `GraphFormatter` writes it for
//! the graph of a result.

use std::fmt::Write as _;

const COMMON: &str = r#"shape="oval", arrowhead="vee", style="filled", fontname="HelveticaNeue""#;
const GRAPH: &str = r#"bgcolor="mintcream""#;
const NODE: &str = r#"fillcolor="palegreen3", color="palegreen4""#;
/// A node on which nothing hangs.
const TERMINAL: &str = r#"fillcolor="palegreen1", color="palegreen2""#;
const EDGE: &str = r#"color="darkseagreen4", arrowcolor="black", arrowsize="0.7""#;

/// The text for nodes with these labels, the root first, and edges between their indexes.
pub(super) fn write(labels: &[&str], edges: &[(usize, usize)]) -> String {
    let quoted: Vec<String> = labels.iter().map(|label| quoted(label)).collect();
    let mut edges = edges.to_vec();
    // Celery writes node by node; the walk meets edges nearly so.
    edges.sort_by_key(|(from, _)| *from);
    let mut edges = edges.into_iter().peekable();
    let mut text = String::from("digraph dependencies {\n");
    let root = quoted.first().map_or("\"\"", String::as_str);
    line(&mut text, format_args!("graph [{COMMON}, {GRAPH}, root={root}]"));
    for (index, node) in quoted.iter().enumerate() {
        let is_terminal = edges.peek().is_none_or(|(from, _)| *from != index);
        let colours = if is_terminal { TERMINAL } else { NODE };
        line(&mut text, format_args!("{node} [{COMMON}, {colours}]"));
        while let Some((_, to)) = edges.next_if(|(from, _)| *from == index) {
            let to = quoted.get(to).map_or("\"\"", String::as_str);
            line(&mut text, format_args!("{node} -> {to} [{COMMON}, {EDGE}]"));
        }
    }
    text.push_str("}\n");
    text
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "    {content}");
}

fn quoted(label: &str) -> String {
    let mut text = String::with_capacity(label.len() + 2);
    text.push('"');
    for letter in label.chars() {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_quotes() {
        let text = write(&["a\"]; evil [x=\"", "ends with \\"], &[(0, 1)]);
        assert!(text.contains(r#"    "a\"]; evil [x=\"" -> "ends with \\" ["#), "{text}");
    }

    #[test]
    fn edges_are_written_under_their_node() {
        let text = write(&["a", "b", "c"], &[(0, 1), (2, 0), (0, 2), (1, 2), (0, 1)]);
        let drawn: Vec<&str> = text.lines().filter_map(|line| line.trim().split(" [").next()).collect();
        let expected = [
            "digraph dependencies {",
            "graph",
            "\"a\"",
            "\"a\" -> \"b\"",
            "\"a\" -> \"c\"",
            "\"a\" -> \"b\"",
            "\"b\"",
            "\"b\" -> \"c\"",
            "\"c\"",
            "\"c\" -> \"a\"",
            "}",
        ];
        assert_eq!(drawn, expected);
    }
}
