//! The options that act on results: ours, Celery's about results, and Celery's about Redis. Those about the
//! broker and about sending are in `broker_options.rs`.

use super::{
    shape::Shape,
    table::{Least, OptionInfo, OptionKind},
};

/// The largest value that Redis itself can hold.
const MOST_PAYLOAD: u64 = 512 << 20;

/// One row for each.
pub(super) const ROWS: &[OptionInfo] = &[
    // Ours.
    OptionInfo::milliseconds(
        "operation_timeout_ms",
        "1000",
        "Longest that a call which talks to the server and has no timeout of its own may take, in milliseconds.",
    ),
    OptionInfo::seconds(
        "result_reread_interval",
        "30s",
        Least::Null,
        "Ids that nothing was heard of for this many seconds are read again; 0 or null turns that off.",
    ),
    OptionInfo::count(
        "result_reread_rate",
        "20000",
        1_000_000,
        "How many keys a second are read again at most by result_reread_interval.",
    ),
    OptionInfo::boolean(
        "result_trust_messages",
        "true",
        "Whether a result is taken from the message that announces it; otherwise its record is read.",
    ),
    OptionInfo::seconds(
        "health_interval",
        "15s",
        Least::Millis(10),
        "A connection is dead when the server owes an answer and sends nothing for this many seconds; \
         an idle one is asked as often. Goes before redis_backend_health_check_interval and \
         redis_socket_timeout.",
    ),
    OptionInfo::acts(
        "max_payload_bytes",
        "512MiB",
        OptionKind::Size,
        Shape::Size { least: 1, most: MOST_PAYLOAD },
        "Largest record that is read or stored, in bytes; 512 MiB is the most Redis itself can hold.",
    ),
    OptionInfo::count(
        "max_nesting_depth",
        "1000",
        10_000,
        "How deeply arrays and objects in a record may be nested.",
    ),
    OptionInfo::count(
        "max_expansion_ratio",
        "200",
        1_000_000,
        "How many times as large as stored a record may become by decompression and by parts that it \
         refers to more than once; 16 MiB are always allowed.",
    ),
    OptionInfo::count(
        "max_subscriptions",
        "2000000",
        100_000_000,
        "How many ids may be waited for at the same time.",
    ),
    OptionInfo::count(
        "max_queued_messages",
        "1024",
        1_000_000,
        "How many intermediate states may be queued for one waiter; beyond that the oldest are dropped.",
    ),
    // Celery's, about results.
    OptionInfo::acts(
        "result_backend",
        "",
        OptionKind::Secret,
        Shape::Text,
        "URL of the result store, used where the app is opened with an empty URL.",
    ),
    OptionInfo::seconds(
        "result_expires",
        "1d",
        Least::Null,
        "How long the store keeps records that this program writes, in whole seconds; 0 or null is for ever.",
    ),
    OptionInfo::seconds(
        "result_failure_expires",
        "",
        Least::Null,
        "The same for records of state FAILURE; 0 is for ever, null is as long as result_expires says.",
    ),
    OptionInfo::boolean(
        "result_extended",
        "false",
        "Whether records that this program writes hold name, args, kwargs, worker, retries and queue.",
    ),
    OptionInfo::acts(
        "result_serializer",
        "auto",
        OptionKind::Text,
        Shape::Serializer,
        "Serializer of records: json, pickle, yaml or msgpack; auto reads whichever the bytes show, and \
         writes json.",
    ),
    OptionInfo::acts(
        "result_compression",
        "",
        OptionKind::Text,
        Shape::Compression,
        "Compression of records that this program writes: gzip, bzip2, lzma, brotli or zstd; every one of \
         them is read, whatever stands here.",
    ),
    OptionInfo::acts(
        "result_accept_content",
        "",
        OptionKind::List,
        Shape::Serializers,
        "Serializers, by name or content type, that may be read; null is what accept_content says.",
    ),
    OptionInfo::acts(
        "accept_content",
        "",
        OptionKind::List,
        Shape::Serializers,
        "Serializers that may be read where result_accept_content is null; null is every one, since \
         nothing in a record is ever executed.",
    ),
    OptionInfo::milliseconds(
        "result_backend_base_sleep_between_retries_ms",
        "10",
        "Upper bound of the pause before the second attempt to reconnect, in milliseconds; it doubles \
         with every further attempt (the first is made at once).",
    ),
    OptionInfo::milliseconds(
        "result_backend_max_sleep_between_retries_ms",
        "10000",
        "Upper bound of every pause between attempts to reconnect, in milliseconds.",
    ),
    OptionInfo::acts(
        "result_backend_transport_options",
        "",
        OptionKind::Map,
        Shape::Anything,
        "JSON object whose members are set as the options of that name behind a dot; replaces them all.",
    ),
    OptionInfo::text(
        "result_backend_transport_options.global_keyprefix",
        "What every key begins with; '_' is added unless it ends in ':', '_', '-' or '.'.",
    ),
    // Celery's, about Redis.
    OptionInfo::text("redis_host", "Host of the server where the URL names none (localhost otherwise)."),
    OptionInfo::acts(
        "redis_port",
        "6379",
        OptionKind::Integer,
        Shape::Integer { least: 1, most: 65_535, null: true },
        "Port of the server where the URL names none.",
    ),
    OptionInfo::acts(
        "redis_db",
        "0",
        OptionKind::Integer,
        Shape::Integer { least: 0, most: 2_147_483_647, null: true },
        "Database number for a redis+socket:// URL that names none and for the bare URL 'redis'; \
         redis:// URLs name it themselves or mean 0, as in Celery.",
    ),
    OptionInfo::text("redis_username", "ACL user where the URL names none."),
    OptionInfo::acts(
        "redis_password",
        "",
        OptionKind::Secret,
        Shape::Text,
        "Password where the URL holds none.",
    ),
    OptionInfo::acts(
        "redis_client_name",
        "",
        OptionKind::Text,
        Shape::ClientName,
        "Name that the connections have in the server's CLIENT LIST.",
    ),
    OptionInfo::seconds(
        "redis_socket_connect_timeout",
        "",
        Least::Null,
        "Longest that one attempt to connect may take, in seconds; 0 or null leaves it to health_interval.",
    ),
    OptionInfo::seconds(
        "redis_socket_timeout",
        "120s",
        Least::Null,
        "Lowers the default of health_interval to this many seconds; no wait ends because of it. \
         0 or null does nothing.",
    ),
    OptionInfo::boolean("redis_socket_keepalive", "false", "Whether TCP keepalive is turned on."),
    OptionInfo::seconds(
        "redis_backend_health_check_interval",
        "",
        Least::Null,
        "Acts as health_interval where that is not set, in seconds; 0 or null leaves the default.",
    ),
    OptionInfo::acts(
        "redis_backend_use_ssl",
        "",
        OptionKind::Map,
        Shape::Off { what: "TLS is" },
        "Must be off (null, false or {}): TLS is not built in.",
    ),
    OptionInfo::acts(
        "redis_backend_credential_provider",
        "",
        OptionKind::Text,
        Shape::Off { what: "credential providers are" },
        "Must be null: a credential provider is Python code.",
    ),
];
