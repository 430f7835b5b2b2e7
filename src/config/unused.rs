//! Celery's settings that are accepted and ignored, each with the reason: a program may hand over
//! its whole Celery configuration. First those that one might expect to act, then the others by
//! what they are about (names of Celery 5.7). Those about the broker are in `broker_unused.rs`.

use super::table::{
    OptionInfo,
    OptionKind::{self, Boolean, Integer, List, Seconds, Secret, Text},
};

const RECONNECTS: &str = "Ignored: reconnecting never gives up and is bounded by the deadlines of the waits; its \
     pauses are result_backend_base_sleep_between_retries_ms and result_backend_max_sleep_between_retries_ms.";
const CHORDS: &str = "Ignored: chords are counted by the workers.";
const RPC_ONLY: &str = "Ignored: it is about the rpc:// backend, which is not built in.";
pub(super) const SENTINEL: &str = "Ignored: it is about Sentinel, which is not built in.";
const TWO_SOCKETS: &str = "Ignored: an app has two connections for results, whatever the number of waits.";
const NO_TASKS: &str = "Ignored: this library runs no tasks.";
const UTC: &str = "Ignored: times are written in UTC, and read with the offset that is stored.";

const EXPLAINED: &[(&str, &str, OptionKind, &str)] = &[
    ("result_backend_always_retry", "false", Boolean, RECONNECTS),
    ("result_backend_max_retries", "inf", Integer, RECONNECTS),
    (
        "result_backend_thread_safe",
        "false",
        Boolean,
        "Ignored: every handle may be used by any number of threads.",
    ),
    (
        "result_cache_max",
        "-1",
        Integer,
        "Ignored: a finished result is kept in its handle, and there is no other cache.",
    ),
    ("result_chord_expires", "", Seconds, CHORDS),
    ("result_chord_join_timeout", "3.0", Seconds, CHORDS),
    ("result_chord_retry_interval", "1.0", Seconds, CHORDS),
    ("result_persistent", "", Boolean, RPC_ONLY),
    ("result_exchange", "celeryresults", Text, RPC_ONLY),
    ("result_exchange_type", "direct", Text, RPC_ONLY),
    ("result_backend_transport_options.retry_policy.max_retries", "20", Integer, RECONNECTS),
    ("result_backend_transport_options.retry_policy.interval_start", "0", Seconds, RECONNECTS),
    ("result_backend_transport_options.retry_policy.interval_step", "1", Seconds, RECONNECTS),
    ("result_backend_transport_options.retry_policy.interval_max", "1", Seconds, RECONNECTS),
    ("result_backend_transport_options.retry_policy.timeout", "", Seconds, RECONNECTS),
    ("result_backend_transport_options.result_chord_ordered", "true", Boolean, CHORDS),
    ("result_backend_transport_options.master_name", "", Text, SENTINEL),
    ("result_backend_transport_options.min_other_sentinels", "0", Integer, SENTINEL),
    ("result_backend_transport_options.sentinel_kwargs", "", Secret, SENTINEL),
    (
        "result_backend_transport_options.additional_connection_errors",
        "",
        List,
        "Ignored: these are classes of Python; every broken connection is made anew here.",
    ),
    (
        "result_backend_transport_options.visibility_timeout",
        "",
        Seconds,
        "Ignored: it is about queues of tasks, not about results.",
    ),
    ("redis_retry_on_timeout", "false", Boolean, RECONNECTS),
    ("redis_max_connections", "", Integer, TWO_SOCKETS),
    ("timezone", "UTC", Text, UTC),
    ("enable_utc", "true", Boolean, UTC),
    (
        "task_track_started",
        "false",
        Boolean,
        "Ignored: workers decide whether they store STARTED; it is read where they do.",
    ),
    ("task_store_errors_even_if_ignored", "false", Boolean, NO_TASKS),
    ("task_always_eager", "false", Boolean, NO_TASKS),
    ("task_eager_propagates", "false", Boolean, NO_TASKS),
    ("task_store_eager_result", "false", Boolean, NO_TASKS),
    ("task_remote_tracebacks", "false", Boolean, "Ignored: tracebacks are read as text."),
];

/// A reason, and the names it is the reason for.
pub(super) type Reason = (&'static str, &'static [&'static str]);

const OTHERS: &[Reason] = &[
    (
        "Ignored: only celery beat uses it.",
        &[
            "beat_enable_remote_control",
            "beat_remote_control_max_tick_age",
            "beat_max_loop_interval",
            "beat_schedule",
            "beat_scheduler",
            "beat_schedule_filename",
            "beat_sync_every",
            "beat_cron_starting_deadline",
        ],
    ),
    (
        "Ignored: only workers use it.",
        &[
            "imports",
            "include",
            "worker_agent",
            "worker_autoscaler",
            "worker_cancel_long_running_tasks_on_connection_loss",
            "worker_soft_shutdown_timeout",
            "worker_enable_soft_shutdown_on_idle",
            "worker_concurrency",
            "worker_consumer",
            "worker_direct",
            "worker_disable_rate_limits",
            "worker_deduplicate_successful_tasks",
            "worker_enable_remote_control",
            "worker_hijack_root_logger",
            "worker_log_color",
            "worker_log_datefmt",
            "worker_log_format",
            "worker_lost_wait",
            "worker_max_memory_per_child",
            "worker_max_tasks_per_child",
            "worker_pool",
            "worker_pool_putlocks",
            "worker_pool_restarts",
            "worker_pool_start_method",
            "worker_proc_alive_timeout",
            "worker_prefetch_multiplier",
            "worker_eta_task_limit",
            "worker_enable_prefetch_count_reduction",
            "worker_disable_prefetch",
            "worker_redirect_stdouts",
            "worker_redirect_stdouts_level",
            "worker_send_task_events",
            "worker_state_db",
            "worker_task_log_datefmt",
            "worker_task_log_format",
            "worker_timer",
            "worker_timer_precision",
            "worker_detect_quorum_queues",
        ],
    ),
    (
        "Ignored: it is about the event stream, which is not read.",
        &[
            "event_queue_expires",
            "event_queue_ttl",
            "event_queue_prefix",
            "event_queue_exclusive",
            "event_queue_durable",
            "event_serializer",
            "event_exchange",
        ],
    ),
    (
        "Ignored: signed messages are not built in.",
        &[
            "security_certificate",
            "security_cert_store",
            "security_key",
            "security_key_password",
            "security_digest",
        ],
    ),
    (
        NO_TASKS,
        &[
            "task_acks_late",
            "task_acks_on_failure_or_timeout",
            "task_acks_on_failure",
            "task_acks_on_timeout",
            "task_annotations",
            "task_inherit_parent_priority",
            "task_default_rate_limit",
            "task_reject_on_worker_lost",
            "task_retry_on_worker_lost",
            "task_soft_time_limit",
            "task_time_limit",
            "task_allow_error_cb_on_chord_header",
        ],
    ),
    (
        "Ignored: it is about a result backend that is not built in.",
        &[
            "cache_backend",
            "cache_backend_options",
            "cassandra_entry_ttl",
            "cassandra_keyspace",
            "cassandra_port",
            "cassandra_read_consistency",
            "cassandra_servers",
            "cassandra_bundle_path",
            "cassandra_table",
            "cassandra_write_consistency",
            "cassandra_auth_provider",
            "cassandra_auth_kwargs",
            "cassandra_options",
            "s3_access_key_id",
            "s3_secret_access_key",
            "s3_bucket",
            "s3_base_path",
            "s3_endpoint_url",
            "s3_region",
            "azureblockblob_container_name",
            "azureblockblob_retry_initial_backoff_sec",
            "azureblockblob_retry_increment_base",
            "azureblockblob_retry_max_attempts",
            "azureblockblob_base_path",
            "azureblockblob_connection_timeout",
            "azureblockblob_read_timeout",
            "gcs_bucket",
            "gcs_project",
            "gcs_base_path",
            "gcs_ttl",
            "couchbase_backend_settings",
            "arangodb_backend_settings",
            "mongodb_backend_settings",
            "cosmosdbsql_database_name",
            "cosmosdbsql_collection_name",
            "cosmosdbsql_consistency_level",
            "cosmosdbsql_max_retry_attempts",
            "cosmosdbsql_max_retry_wait_time",
            "elasticsearch_retry_on_timeout",
            "elasticsearch_max_retries",
            "elasticsearch_timeout",
            "elasticsearch_save_meta_as_text",
            "database_url",
            "database_engine_options",
            "database_engine_callback",
            "database_short_lived_sessions",
            "database_table_schemas",
            "database_table_names",
            "database_create_tables_at_setup",
        ],
    ),
];

/// Those that hold credentials, or may.
const SECRETS: &[&str] = &[
    "security_key",
    "security_key_password",
    "cache_backend",
    "cache_backend_options",
    "cassandra_auth_kwargs",
    "cassandra_options",
    "s3_access_key_id",
    "s3_secret_access_key",
    "s3_endpoint_url",
    "couchbase_backend_settings",
    "arangodb_backend_settings",
    "mongodb_backend_settings",
    "database_url",
    "database_engine_options",
];

/// All of them as rows of the table.
pub(super) fn rows() -> impl Iterator<Item = OptionInfo> {
    let explained =
        EXPLAINED.iter().map(|(name, default, kind, doc)| OptionInfo::ignored(name, default, *kind, doc));
    explained.chain(listed(OTHERS, SECRETS))
}

/// Rows for names that share a reason.
pub(super) fn listed(
    reasons: &'static [Reason],
    secrets: &'static [&'static str],
) -> impl Iterator<Item = OptionInfo> {
    reasons.iter().flat_map(move |(doc, names)| {
        names.iter().map(move |name| {
            let kind = if secrets.contains(name) { Secret } else { Text };
            OptionInfo::ignored(name, "", kind, doc)
        })
    })
}
