//! Celery's settings about the broker and about sending that are accepted and ignored, each with the reason, and
//! what else may stand in `broker_transport_options` (names of kombu 5.7).

use super::{
    table::OptionInfo,
    unused::{self, Reason, SENTINEL},
};

const BROKER_RECONNECTS: &str =
    "Ignored: sending and collecting answers are bounded by the time that their call gives.";
const BROKER_SOCKETS: &str =
    "Ignored: an app has one connection to the broker, whatever the number of calls.";
const AMQP: &str = "Ignored: it is about AMQP, which is not built in.";
const OTHER_BROKER: &str = "Ignored: it is about a kind of broker that is not built in.";
const CONSUMERS: &str = "Ignored: only programs that take tasks from queues use it.";
const NO_QUEUES: &str =
    "Ignored: the exchange and the routing key of a queue have its name, unless the call says otherwise.";
const CONSUMERS_READ: &str = "Ignored: only programs that take tasks from queues use it; answers come from where the question was sent.";

const REASONS: &[Reason] = &[
    (CONSUMERS_READ, &["broker_read_url"]),
    (
        BROKER_RECONNECTS,
        &[
            "broker_connection_retry",
            "broker_connection_retry_on_startup",
            "broker_connection_max_retries",
            "broker_channel_error_retry",
            "broker_failover_strategy",
            "task_publish_retry",
            "task_publish_retry_policy",
            "broker_transport_options.max_retries",
            "broker_transport_options.interval_start",
            "broker_transport_options.interval_step",
            "broker_transport_options.interval_max",
            "broker_transport_options.retry_on_timeout",
        ],
    ),
    (
        BROKER_SOCKETS,
        &["broker_pool_limit", "broker_pool_acquire_timeout", "broker_transport_options.max_connections"],
    ),
    (
        AMQP,
        &[
            "broker_heartbeat",
            "broker_heartbeat_checkrate",
            "broker_login_method",
            "broker_native_delayed_delivery_queue_type",
            "control_queue_exclusive",
            "control_queue_durable",
            "task_queue_max_priority",
            "task_default_queue_type",
            "task_create_missing_queue_type",
            "broker_transport_options.confirm_publish",
            "broker_transport_options.confirm_timeout",
            "broker_transport_options.read_timeout",
            "broker_transport_options.write_timeout",
            "broker_transport_options.client_properties",
            "broker_transport_options.login_method",
        ],
    ),
    (
        "Ignored: the answers of workers are kept as long as the call that waits for them, and one minute.",
        &["control_queue_ttl", "control_queue_expires"],
    ),
    (
        CONSUMERS,
        &[
            "broker_transport_options.ack_emulation",
            "broker_transport_options.unacked_key",
            "broker_transport_options.unacked_index_key",
            "broker_transport_options.unacked_mutex_key",
            "broker_transport_options.unacked_mutex_expire",
            "broker_transport_options.unacked_restore_limit",
            "broker_transport_options.unacked_restore_interval",
            "broker_transport_options.unacked_restore_throttle",
            "broker_transport_options.visibility_timeout",
            "broker_transport_options.queue_order_strategy",
            "broker_transport_options.polling_interval",
            "broker_transport_options.brpop_timeout",
            "broker_transport_options.wait_time_seconds",
            "broker_transport_options.deadletter_queue",
        ],
    ),
    (
        "Ignored: control messages have no routing key, so it changes nothing.",
        &["broker_transport_options.fanout_patterns"],
    ),
    (
        "Ignored: bodies are written in base64, which every worker reads.",
        &["broker_transport_options.body_encoding"],
    ),
    (
        "Ignored: TCP keepalive has the system's times.",
        &["broker_transport_options.socket_keepalive_options"],
    ),
    (
        SENTINEL,
        &[
            "broker_transport_options.reauth_check_interval",
            "broker_transport_options.master_name",
            "broker_transport_options.min_other_sentinels",
            "broker_transport_options.sentinel_kwargs",
            "broker_transport_options.sentinel_fanout_compat",
        ],
    ),
    (
        OTHER_BROKER,
        &[
            "broker_transport_options.region",
            "broker_transport_options.predefined_queues",
            "broker_transport_options.predefined_exchanges",
            "broker_transport_options.queue_name_prefix",
            "broker_transport_options.queue_tags",
            "broker_transport_options.supports_fanout",
            "broker_transport_options.is_secure",
            "broker_transport_options.port",
            "broker_transport_options.regioninfo",
            "broker_transport_options.sqs_base64_encoding",
            "broker_transport_options.sqs-creation-attributes",
            "broker_transport_options.fetch_message_attributes",
            "broker_transport_options.client-config",
            "broker_transport_options.sts_role_arn",
            "broker_transport_options.sts_token_timeout",
            "broker_transport_options.sts_token_buffer_time",
            "broker_transport_options.backoff_policy",
            "broker_transport_options.backoff_tasks",
            "broker_transport_options.max_lock_renewal_duration",
            "broker_transport_options.peek_lock_seconds",
            "broker_transport_options.retry_backoff_factor",
            "broker_transport_options.retry_backoff_max",
            "broker_transport_options.retry_total",
            "broker_transport_options.uamqp_keep_alive_interval",
            "broker_transport_options.use_lock_renewal",
            "broker_transport_options.connection_wait_time_seconds",
            "broker_transport_options.kafka_admin_config",
            "broker_transport_options.kafka_common_config",
            "broker_transport_options.kafka_consumer_config",
            "broker_transport_options.kafka_producer_config",
            "broker_transport_options.num_partitions",
            "broker_transport_options.replication_factor",
            "broker_transport_options.sasl_mechanism",
            "broker_transport_options.security_protocol",
            "broker_transport_options.topic_config",
            "broker_transport_options.control_folder",
            "broker_transport_options.data_folder_in",
            "broker_transport_options.data_folder_out",
            "broker_transport_options.processed_folder",
            "broker_transport_options.store_processed",
            "broker_transport_options.ack_deadline_seconds",
            "broker_transport_options.ack_modify_batch_size",
            "broker_transport_options.bulk_max_messages",
            "broker_transport_options.enable_exactly_once_delivery",
            "broker_transport_options.expiration_seconds",
            "broker_transport_options.retry_timeout_seconds",
            "broker_transport_options.connect_timeout",
            "broker_transport_options.ssl",
            "broker_transport_options.ttl",
            "broker_transport_options.capped_queue_size",
            "broker_transport_options.default_hostname",
            "broker_transport_options.default_port",
            "broker_transport_options.default_database",
            "broker_transport_options.messages_collection",
            "broker_transport_options.routing_collection",
            "broker_transport_options.broadcast_collection",
            "broker_transport_options.queues_collection",
            "broker_transport_options.calc_queue_size",
            "broker_transport_options.readpreference",
            "broker_transport_options.conn_string",
            "broker_transport_options.fifo_mode",
            "broker_transport_options.init_extension",
            "broker_transport_options.max_poll_seconds",
            "broker_transport_options.notify_throttle_interval_ms",
            "broker_transport_options.poll_interval_ms",
            "broker_transport_options.pool_size",
            "broker_transport_options.pool_timeout",
            "broker_transport_options.use_notify",
            "broker_transport_options.ssl_certfile",
            "broker_transport_options.ssl_keyfile",
            "broker_transport_options.ssl_skip_hostname_check",
            "broker_transport_options.ssl_trustfile",
            "broker_transport_options.secure",
        ],
    ),
    (NO_QUEUES, &["task_queues", "task_create_missing_queues"]),
    (
        "Ignored: tasks are written in protocol 2, which every worker reads since Celery 4.",
        &["task_protocol"],
    ),
    (
        "Ignored: no event is written when a task is sent; those of the workers are.",
        &["task_send_sent_event"],
    ),
    ("Ignored: arguments are shown to workers as deep as Celery's default of 3.", &["task_repr_maxlevels"]),
];

/// Those that hold credentials, or may.
const SECRETS: &[&str] = &[
    "broker_read_url",
    "broker_transport_options.sentinel_kwargs",
    "broker_transport_options.client_properties",
    "broker_transport_options.predefined_queues",
    "broker_transport_options.predefined_exchanges",
    "broker_transport_options.kafka_admin_config",
    "broker_transport_options.kafka_common_config",
    "broker_transport_options.kafka_consumer_config",
    "broker_transport_options.kafka_producer_config",
    "broker_transport_options.client-config",
    "broker_transport_options.sts_role_arn",
    "broker_transport_options.conn_string",
    "broker_transport_options.ssl",
];

/// All of them as rows of the table.
pub(super) fn rows() -> impl Iterator<Item = OptionInfo> {
    unused::listed(REASONS, SECRETS)
}
