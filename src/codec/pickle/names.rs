//! Modules and names of Python 2 as Python 3's unpickler reads them from protocols 0 to 2
//! (`_compat_pickle`): what a stored value may be of. GUI and server modules are left out.

const MODULES: [(&str, &str); 21] = [
    ("__builtin__", "builtins"),
    ("exceptions", "builtins"),
    ("copy_reg", "copyreg"),
    ("Queue", "queue"),
    ("SocketServer", "socketserver"),
    ("ConfigParser", "configparser"),
    ("repr", "reprlib"),
    ("thread", "_thread"),
    ("dummy_thread", "_dummy_thread"),
    ("xmlrpclib", "xmlrpc.client"),
    ("httplib", "http.client"),
    ("HTMLParser", "html.parser"),
    ("Cookie", "http.cookies"),
    ("cookielib", "http.cookiejar"),
    ("urlparse", "urllib.parse"),
    ("robotparser", "urllib.robotparser"),
    ("urllib2", "urllib.request"),
    ("_abcoll", "collections.abc"),
    ("cPickle", "pickle"),
    ("StringIO", "io"),
    ("cStringIO", "io"),
];

/// Module and name.
type Name = (&'static str, &'static str);

const NAMES: [(Name, Name); 23] = [
    (("__builtin__", "xrange"), ("builtins", "range")),
    (("__builtin__", "reduce"), ("functools", "reduce")),
    (("__builtin__", "intern"), ("sys", "intern")),
    (("__builtin__", "unichr"), ("builtins", "chr")),
    (("__builtin__", "unicode"), ("builtins", "str")),
    (("__builtin__", "basestring"), ("builtins", "str")),
    (("__builtin__", "long"), ("builtins", "int")),
    (("exceptions", "StandardError"), ("builtins", "Exception")),
    (("itertools", "izip"), ("builtins", "zip")),
    (("itertools", "imap"), ("builtins", "map")),
    (("itertools", "ifilter"), ("builtins", "filter")),
    (("itertools", "ifilterfalse"), ("itertools", "filterfalse")),
    (("itertools", "izip_longest"), ("itertools", "zip_longest")),
    (("UserDict", "UserDict"), ("collections", "UserDict")),
    (("UserDict", "IterableUserDict"), ("collections", "UserDict")),
    (("UserList", "UserList"), ("collections", "UserList")),
    (("UserString", "UserString"), ("collections", "UserString")),
    (("urllib", "ContentTooShortError"), ("urllib.error", "ContentTooShortError")),
    (("urllib2", "HTTPError"), ("urllib.error", "HTTPError")),
    (("urllib2", "URLError"), ("urllib.error", "URLError")),
    (("multiprocessing", "ProcessError"), ("multiprocessing.context", "ProcessError")),
    (("multiprocessing", "TimeoutError"), ("multiprocessing.context", "TimeoutError")),
    (("socket", "_socketobject"), ("socket", "SocketType")),
];

/// Module and name in Python 3, where they differ.
pub(super) fn modern(module: &str, name: &str) -> Option<(&'static str, Option<&'static str>)> {
    if let Some((_, (module, name))) = NAMES.iter().find(|(old, _)| *old == (module, name)) {
        return Some((module, Some(name)));
    }
    MODULES.iter().find(|(old, _)| *old == module).map(|(_, module)| (*module, None))
}
