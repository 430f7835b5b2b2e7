//! The way to the workers: which broker, from `broker_url` or else from the result store's URL, and what
//! tasks are sent with. A broker that this library cannot use is no error of the settings: a program that
//! only reads results may hand over all of its Celery settings, so the reason is kept for the call that sends.

use super::settings::{BackendAddress, BrokerAddress, BrokerSettings, RedisSettings, SendSettings};
use crate::model::{Serializer, Status};

/// kombu's `priority_steps`
const PRIORITY_STEPS: [u8; 4] = [0, 3, 6, 9];
/// kombu's `sep`
const SEPARATOR: &str = "\x06\x16";

/// What is said about the broker and about sending, next to this result store with this masked URL.
pub(super) fn settings(backend: &BackendAddress, uri: &str) -> BrokerSettings {
    let (address, uri, fanout_prefix) = match backend {
        BackendAddress::Redis(redis) => {
            let fanout_prefix = format!("/{}.", redis.db);
            let redis = RedisSettings { key_prefix: String::new(), ..RedisSettings::clone(redis) };
            (BrokerAddress::Redis(Box::new(redis)), uri.to_owned(), fanout_prefix)
        }
        BackendAddress::Memory { .. } => {
            let why =
                "there is no broker: option \"broker_url\" is not set, and the result store is none that \
                       could be one"
                    .to_owned();
            (BrokerAddress::Unusable { status: Status::Unsupported, why }, String::new(), String::new())
        }
    };
    BrokerSettings {
        address,
        uri,
        control_exchange: "celery".to_owned(),
        fanout_prefix,
        priority_steps: PRIORITY_STEPS.to_vec(),
        separator: SEPARATOR.to_owned(),
        sending: SendSettings {
            queue: "celery".to_owned(),
            exchange: "celery".to_owned(),
            routing_key: "celery".to_owned(),
            priority: None,
            persistent: true,
            serializer: Serializer::Json,
            compression: None,
            ignore_result: false,
        },
    }
}
