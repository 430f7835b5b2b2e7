//! Sending tasks: from messages and their ways to the lists that they go into.

use super::{names::Names, parcel::Letter};
use crate::{
    model::{Error, Result, Route, Status},
    transport::redis::Request,
};
use std::collections::{HashMap, HashSet};

/// The queues that are bound to exchanges, as the server has them: exchange to bindings.
pub(super) type Bindings = HashMap<String, Vec<Vec<u8>>>;

/// The exchanges whose bindings must be looked up first, each once.
pub(super) fn exchanges(letters: &[Letter]) -> Vec<String> {
    let mut seen = HashSet::new();
    let named = letters.iter().filter_map(|letter| match &letter.route {
        Route::Exchange { exchange, .. } => Some(exchange),
        Route::Queue { .. } => None,
    });
    named.filter(|exchange| seen.insert((*exchange).clone())).cloned().collect()
}

/// The request that asks for them.
pub(super) fn look_up(names: &Names, exchanges: &[String]) -> Request {
    exchanges.iter().fold(Request::nothing(), |request, exchange| request.and_list(&names.bindings(exchange)))
}

/// What sends messages, and what to know when the replies come.
pub(super) struct Sending {
    pub(super) request: Request,
    /// How many replies are about bindings and come first.
    pub(super) declarations: usize,
    /// How many messages each further reply is about.
    pub(super) pushed: Vec<usize>,
    /// What was declared: exchange, routing key and queue.
    pub(super) declared: Vec<Declaration>,
}

/// A queue as it is bound to an exchange, which is written down once per connection.
pub(super) type Declaration = (String, String, String);

/// Puts every message into its list, declaring queues that are not known to be declared. Fails where no
/// queue is bound to what a message names.
pub(super) fn send(
    names: &Names,
    letters: &[Letter],
    bindings: &Bindings,
    known: &HashSet<Declaration>,
) -> Result<Sending> {
    let mut declared = Vec::new();
    let mut lists: Vec<(Vec<u8>, Vec<&[u8]>)> = Vec::new();
    let mut push = |list: Vec<u8>, text| match lists.last_mut() {
        Some((last, texts)) if *last == list => texts.push(text),
        _ => lists.push((list, vec![text])),
    };
    for Letter { route, priority, text } in letters {
        match route {
            Route::Queue { name, exchange, routing_key } => {
                let declaration = (exchange.clone(), routing_key.clone(), name.clone());
                if !known.contains(&declaration) && !declared.contains(&declaration) {
                    declared.push(declaration);
                }
                push(names.list(name, *priority), text.as_bytes());
            }
            Route::Exchange { exchange, routing_key } => {
                for queue in bound(names, bindings, exchange, routing_key)? {
                    push(names.list(&queue, *priority), text.as_bytes());
                }
            }
        }
    }
    let mut request = Request::nothing();
    for (exchange, routing_key, queue) in &declared {
        let member = names.binding(routing_key, queue);
        request = request
            .and_add(&names.bindings(exchange), &member)
            .and_add(&names.permanent_bindings(exchange), &member);
    }
    for (list, texts) in &lists {
        request = request.and_push(list, texts);
    }
    let pushed = lists.iter().map(|(_, texts)| texts.len()).collect();
    Ok(Sending { request, declarations: declared.len() * 2, pushed, declared })
}

fn bound(names: &Names, bindings: &Bindings, exchange: &str, routing_key: &str) -> Result<Vec<String>> {
    let of_exchange = bindings.get(exchange).into_iter().flatten();
    let mut queues: Vec<_> = of_exchange.filter_map(|binding| names.bound(binding, routing_key)).collect();
    queues.sort_unstable();
    queues.dedup();
    if queues.is_empty() {
        return Err(Error::new(
            Status::InvalidOption,
            format!(
                "no queue is bound to exchange {exchange:?} with routing key {routing_key:?}; nothing was sent"
            ),
        ));
    }
    Ok(queues)
}
