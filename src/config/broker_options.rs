//! The options that act on the way to the workers: Celery's about the broker and about control messages, the
//! members of `broker_transport_options` that kombu's Redis transport knows, and Celery's about sending tasks.

use super::{
    shape::Shape,
    table::{Least, OptionInfo, OptionKind},
};

/// One row for each.
pub(super) const ROWS: &[OptionInfo] = &[
    OptionInfo::secret(
        "broker_url",
        "URL of the broker, redis://… or redis+socket:///path?virtual_host=N; of several (separated by ';', or a \
         JSON array) the first is used. Without it the result store is the broker, where that is a Redis. A \
         broker that is not built in fails the calls that send something, and nothing else.",
    ),
    OptionInfo::secret(
        "broker_write_url",
        "URL of the broker that goes before broker_url: everything is sent there, and answers come from there.",
    ),
    OptionInfo::text("broker_host", "What broker_url is where that is not set: a host, or a URL."),
    OptionInfo::text(
        "broker_transport",
        "Kind of broker where the URL has no scheme (amqp otherwise); goes before the scheme, as in Celery. \
         Only redis is built in.",
    ),
    OptionInfo::acts(
        "broker_port",
        "6379",
        OptionKind::Integer,
        Shape::Integer { least: 1, most: 65_535, null: true },
        "Port of the broker where its URL names none.",
    ),
    OptionInfo::text("broker_user", "ACL user at the broker where its URL names none."),
    OptionInfo::secret("broker_password", "Password at the broker where its URL holds none."),
    OptionInfo::text(
        "broker_vhost",
        "Database number at the broker where its URL names none, as 3 or /3; 0 otherwise.",
    ),
    OptionInfo::acts(
        "broker_use_ssl",
        "",
        OptionKind::Secret,
        Shape::Truth,
        "Unless it is off (null, false or {}), the calls that send something fail: TLS is not built in.",
    ),
    OptionInfo::seconds(
        "broker_connection_timeout",
        "4s",
        Least::Null,
        "Longest that one attempt to connect to the broker may take, in seconds, where \
         broker_transport_options.socket_connect_timeout is not set; 0 or null leaves it to the checks of health.",
    ),
    OptionInfo::acts(
        "broker_transport_options",
        "",
        OptionKind::Map,
        Shape::Anything,
        "JSON object whose members are set as the options of that name behind a dot; replaces them all.",
    ),
    OptionInfo::text(
        "broker_transport_options.global_keyprefix",
        "What every key and channel at the broker begins with, as it stands here.",
    ),
    OptionInfo::acts(
        "broker_transport_options.fanout_prefix",
        "true",
        OptionKind::Text,
        Shape::FanoutPrefix,
        "What the channels of control messages begin with: true is '/{db}.', false is nothing; in any other text \
         {db} stands for the database number.",
    ),
    OptionInfo::acts(
        "broker_transport_options.priority_steps",
        "0,3,6,9",
        OptionKind::List,
        Shape::Priorities,
        "The priorities that have a list of their own, ascending numbers from 0 to 255; any other priority goes \
         to the list of the next one below.",
    ),
    OptionInfo::text(
        "broker_transport_options.sep",
        "What stands between a queue and its priority, and between the parts of a binding; the bytes 06 16 \
         (hexadecimal) otherwise.",
    ),
    OptionInfo::acts(
        "broker_transport_options.client_name",
        "",
        OptionKind::Text,
        Shape::ClientName,
        "Name that the connections to the broker have in the server's CLIENT LIST; redis_client_name otherwise \
         where the result store is the broker.",
    ),
    OptionInfo::seconds(
        "broker_transport_options.socket_connect_timeout",
        "",
        Least::Null,
        "Longest that one attempt to connect to the broker may take, in seconds; 0 or null is what \
         broker_connection_timeout says.",
    ),
    OptionInfo::seconds(
        "broker_transport_options.socket_timeout",
        "",
        Least::Null,
        "Lowers the default of health_interval at the broker to this many seconds; 0 or null does nothing.",
    ),
    OptionInfo::seconds(
        "broker_transport_options.health_check_interval",
        "",
        Least::Null,
        "Acts as health_interval at the broker where that is not set, in seconds; 0 or null leaves the default.",
    ),
    OptionInfo::boolean(
        "broker_transport_options.socket_keepalive",
        "false",
        "Whether TCP keepalive is turned on at the broker, also by redis_socket_keepalive where the result store \
         is the broker.",
    ),
    OptionInfo::acts(
        "control_exchange",
        "celery",
        OptionKind::Text,
        Shape::Text,
        "Name by which control messages find the workers, who must have the same.",
    ),
    // About sending tasks.
    OptionInfo::acts(
        "task_default_queue",
        "celery",
        OptionKind::Text,
        Shape::Text,
        "Queue that tasks are sent to where the call and task_routes name none.",
    ),
    OptionInfo::text("task_default_exchange", "Exchange of that queue; the queue's name otherwise."),
    OptionInfo::text(
        "task_default_exchange_type",
        "How that exchange finds queues: direct (which it is otherwise) or topic; with any other, calls that \
         send to that queue fail.",
    ),
    OptionInfo::text(
        "task_create_missing_queue_exchange_type",
        "The same for the exchanges of all other queues, which have the queue's name.",
    ),
    OptionInfo::text("task_default_routing_key", "Routing key of that queue; the queue's name otherwise."),
    OptionInfo::acts(
        "task_default_priority",
        "",
        OptionKind::Integer,
        Shape::Integer { least: 0, most: 255, null: true },
        "Priority of tasks where the call names none; Redis serves 0 first, and takes all above 9 for 9.",
    ),
    OptionInfo::acts(
        "task_default_delivery_mode",
        "2",
        OptionKind::Text,
        Shape::DeliveryMode,
        "What messages say of being kept on disk: 2 or persistent, 1 or transient; Redis does not look at it.",
    ),
    OptionInfo::acts(
        "task_serializer",
        "json",
        OptionKind::Text,
        Shape::TaskSerializer,
        "Serializer of tasks and control messages: json, pickle, yaml or msgpack.",
    ),
    OptionInfo::acts(
        "task_compression",
        "",
        OptionKind::Text,
        Shape::Compression,
        "Compression of tasks: gzip, bzip2, lzma, brotli or zstd.",
    ),
    OptionInfo::boolean(
        "task_ignore_result",
        "false",
        "Whether tasks are sent with the wish that no result is stored, where the call does not say.",
    ),
    OptionInfo::acts(
        "task_routes",
        "",
        OptionKind::Map,
        Shape::Routes,
        "Where tasks go: a JSON object of task names, or patterns with '*', to queues or to objects of options as \
         a call takes them; or an array of such objects. A name goes before patterns, and these are tried in order.",
    ),
];
