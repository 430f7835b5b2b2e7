//! Sending tasks: from messages and their ways to the lists that they go into.

use super::{names::Names, parcel::Letter};
use crate::{
    broker::Bound,
    model::{Result, Route, TopicQueue, Way},
    transport::redis::Request,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Their exchanges, each once, in the order in which they are asked for.
fn exchanges(ways: &[Way]) -> BTreeSet<&str> {
    ways.iter().map(|way| way.exchange.as_str()).collect()
}

/// The request that asks for all that is bound to the exchanges of ways.
pub(super) fn look_up(names: &Names, ways: &[Way]) -> Request {
    exchanges(ways)
        .into_iter()
        .fold(Request::nothing(), |request, exchange| request.and_list(&names.bindings(exchange)))
}

/// Where ways lead, by the answers to that. Fails where one leads nowhere.
pub(super) fn found(names: &Names, ways: &[Way], tables: &[Vec<Vec<u8>>]) -> Result<Bound> {
    let tables: HashMap<_, _> = exchanges(ways).into_iter().zip(tables).collect();
    let mut bound = Bound::default();
    for way in ways {
        let bindings = tables.get(way.exchange.as_str()).into_iter().copied().flatten();
        // Its own is written down only when the message is sent.
        let own = way.queue.as_ref().map(|queue| topic_binding(names, queue));
        let bindings = bindings.chain(&own);
        let mut queues: Vec<_> =
            bindings.filter_map(|binding| names.bound(binding, &way.routing_key)).collect();
        queues.sort_unstable();
        queues.dedup();
        bound.insert(way.clone(), queues);
        bound.queues(way)?;
    }
    Ok(bound)
}

/// What sends messages, and what to know when the replies come.
pub(super) struct Sending {
    pub(super) request: Request,
    /// How many replies are about bindings and come first.
    pub(super) declarations: usize,
    /// How many messages each further reply is about.
    pub(super) pushed: Vec<usize>,
    /// What was declared.
    pub(super) declared: Vec<Declaration>,
}

/// An exchange and what stands for a queue among its bindings, which is written down once per connection.
pub(super) type Declaration = (String, Vec<u8>);

fn topic_binding(names: &Names, TopicQueue { name, topic }: &TopicQueue) -> Vec<u8> {
    names.topic_binding(topic, name)
}

/// Puts every message into its list, declaring queues that are not known to be declared. Fails where no
/// queue is bound to what a message names.
pub(super) fn send(
    names: &Names,
    letters: &[Letter],
    bound: &Bound,
    known: &HashSet<Declaration>,
) -> Result<Sending> {
    let mut declared = Vec::new();
    let mut lists: Vec<(Vec<u8>, Vec<&[u8]>)> = Vec::new();
    let mut declare = |exchange: &String, binding: Vec<u8>| {
        let declaration = (exchange.clone(), binding);
        if !known.contains(&declaration) && !declared.contains(&declaration) {
            declared.push(declaration);
        }
    };
    let mut push = |list: Vec<u8>, text| match lists.last_mut() {
        Some((last, texts)) if *last == list => texts.push(text),
        _ => lists.push((list, vec![text])),
    };
    for Letter { route, priority, text } in letters {
        match route {
            Route::Queue { name, exchange, routing_key } => {
                declare(exchange, names.binding(routing_key, name));
                push(names.list(name, *priority), text.as_bytes());
            }
            Route::Exchange(way) => {
                if let Some(queue) = &way.queue {
                    declare(&way.exchange, topic_binding(names, queue));
                }
                for queue in bound.queues(way)? {
                    push(names.list(queue, *priority), text.as_bytes());
                }
            }
        }
    }
    let mut request = Request::nothing();
    for (exchange, binding) in &declared {
        request = request
            .and_add(&names.bindings(exchange), binding)
            .and_add(&names.permanent_bindings(exchange), binding);
    }
    for (list, texts) in &lists {
        request = request.and_push(list, texts);
    }
    let pushed = lists.iter().map(|(_, texts)| texts.len()).collect();
    Ok(Sending { request, declarations: declared.len() * 2, pushed, declared })
}
