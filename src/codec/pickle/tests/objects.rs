//! Objects by hand: names of Python 2, classes of other libraries, Celery's results, exceptions.

use super::*;

fn object(class: &str, args: &str) -> String {
    format!(r#"{{"__type__": "object", "__value__": {{"class": "{class}", "args": {args}, "state": null}}}}"#)
}

#[test]
fn text_opcodes_of_the_first_protocols() {
    for (pickle, json) in [
        (&b"I01\n"[..], "true"),
        (b"I00\n", "false"),
        (b"I-7\n", "-7"),
        (b"L123456789012345678901234567890L\n", "123456789012345678901234567890"),
        (b"F1e+16\n", "1e+16"),
        (b"Fnan\n", "NaN"),
        (
            br"S'a\x62\n\'\143'
",
            r#""ab\n'c""#,
        ),
        (b"S\"\\xff\"\n", r#"{"__type__": "base64", "__value__": "/w=="}"#),
        (b"U\x02\xc3\xa9", r#""\u00e9""#),
        (b"T\x01\0\0\0\xff", r#"{"__type__": "base64", "__value__": "/w=="}"#),
        (b"V\\u0061\\\\u0061\xe9\\U0001f600\n", r#""a\\\\u0061\u00e9\ud83d\ude00""#),
        (b"(lI1\naI2\na", "[1, 2]"),
        (b"(dS'k'\nI1\ns", r#"{"k": 1}"#),
        (b"(I1\n(I2\n1tI3\n0", "[1]"),
        (b"I5\n2\x86", "[5, 5]"),
        (b"]p5\n(g5\n0h\x050eI1\na", "[1]"),
        (b"]r\xff\xff\xff\xff0j\xff\xff\xff\xff", "[]"),
        (b"]p18446744073709551615\n0g18446744073709551615\n", "[]"),
    ] {
        assert_eq!(value(pickle), json, "{}", pickle.escape_ascii());
    }
}

#[test]
fn names_of_python_2() {
    for (pickle, json) in [
        (&b"c__builtin__\nunicode\n"[..], r#"{"__type__": "name", "__value__": "builtins.str"}"#),
        (b"ccollections\nOrderedDict\n((l(lS'k'\naI1\naatR", r#"{"k": 1}"#),
        (b"(I1\nitests\nOld\n", &object("tests.Old", "[1]")),
        (b"(ctests\nOld\nI1\no", &object("tests.Old", "[1]")),
        (b"c__builtin__\nset\n((lI1\natR", r#"{"__type__": "set", "__value__": [1]}"#),
        (b"cdatetime\ndate\n(U\x04\x07\xe8\x02\x1dtR", r#"{"__type__": "date", "__value__": "2024-02-29"}"#),
        (
            b"cdatetime\ndate\n(S'\\x07\\xe8\\x02\\x1d'\ntR",
            r#"{"__type__": "date", "__value__": "2024-02-29"}"#,
        ),
    ] {
        assert_eq!(value(pickle), json, "{}", pickle.escape_ascii());
    }
}

#[test]
fn zones() {
    let zoned = |zone: &[u8]| {
        let mut pickle = b"cdatetime\ndatetime\n(C\x0a\x07\xe8\x82\x1d\x17\x3b\x3a\0\0\x01".to_vec();
        pickle.extend(zone);
        pickle.extend(b"tR");
        value(&pickle)
    };
    for (zone, offset) in [
        (&b"N"[..], ""),
        (b"cpytz\n_UTC\n)R", "+00:00"),
        (b"cpytz\n_p\n(U\x0dEurope/WarsawM\x20\x1cM\x10\x0eU\x04CESTtR", "+02:00"),
        (b"cpytz\nFixedOffset\n(J\xa6\xff\xff\xfftR", "-01:30"),
        (b"cdateutil.tz.tz\ntzutc\n)\x81", "+00:00"),
        (b"cdatetime\ntimezone\n(cdatetime\ntimedelta\n(J\xff\xff\xff\xffM\x00\x00J\x05\0\0\0tRtR", "-23:59:59.999995"),
        (b"cdateutil.tz.tz\ntzoffset\n)\x81}(U\x05_nameNU\x07_offsetcdatetime\ntimedelta\n(K\0M\x10\x0eK\0tRub", "+01:00"),
        (b"c__builtin__\ngetattr\n(czoneinfo\nZoneInfo\nU\x09_unpickletR(U\x03UTCK\x01tR", "+00:00"),
    ] {
        let plain = r#"{"__type__": "datetime", "__value__": "2024-02-29T23:59:58.000001"#;
        assert_eq!(zoned(zone), format!("{plain}{offset}\"}}"));
    }
    let naive = r#"{"__type__": "datetime", "__value__": "2024-02-29T23:59:58.000001"}"#;
    for (zone, spelled) in [
        (
            &b"c__builtin__\ngetattr\n(czoneinfo\nZoneInfo\nU\x09_unpickletR(U\x0dEurope/WarsawK\x01tR"[..],
            object("zoneinfo.ZoneInfo", r#"["Europe/Warsaw"]"#),
        ),
        (b"cpytz\n_p\n(U\x09Etc/GMT+5tR", object("pytz._p", r#"["Etc/GMT+5"]"#)),
    ] {
        assert_eq!(zoned(zone), object("datetime.datetime", &format!("[{naive}, {spelled}]")));
    }
}

#[test]
fn what_is_no_time_stays_an_object() {
    for state in [&b"\x07\xe8\x0d\x1d"[..], b"\x07\xe9\x02\x1d", b"\0\0\x01\x01", b"\x07\xe8\x02"] {
        let mut pickle = b"cdatetime\ndate\n(C".to_vec();
        pickle.push(u8::try_from(state.len()).unwrap());
        pickle.extend(state);
        pickle.extend(b"tR");
        assert!(value(&pickle).contains(r#"{"class": "datetime.date", "args": [{"#));
    }
}

#[test]
fn objects_keep_what_is_known_of_them() {
    let known =
        |rest: &str| format!(r#"{{"__type__": "object", "__value__": {{"class": "tests.Own", {rest}}}}}"#);
    for (pickle, json) in [
        (&b"ctests\nOwn\n)\x81"[..], known(r#""args": [], "state": null"#)),
        (b"ctests\nOwn\n)\x81}U\x01aK\x01sb", known(r#""args": [], "state": {"a": 1}"#)),
        (
            b"ctests\nOwn\n(K\x01t}U\x01aK\x01s\x92",
            known(r#""args": [1], "state": null, "kwargs": {"a": 1}"#),
        ),
        (b"ctests\nOwn\n)\x81(K\x01K\x02eK\x03a", known(r#""args": [], "state": null, "items": [1, 2, 3]"#)),
        (b"ctests\nOwn\n)\x81U\x01aK\x01s", known(r#""args": [], "state": null, "entries": [["a", 1]]"#)),
        (
            b"ccopy_reg\n_reconstructor\n(ctests\nOwn\nc__builtin__\nobject\nNtR",
            known(r#""args": [], "state": null"#),
        ),
        (
            b"ccopy_reg\n_reconstructor\n(ctests\nOwn\nc__builtin__\nlist\n]K\x01atR",
            known(r#""args": [[1]], "state": null"#),
        ),
        (b"ccopy_reg\n__newobj__\n(ctests\nOwn\nK\x01tR", known(r#""args": [1], "state": null"#)),
        (
            b"ccopy_reg\n__newobj_ex__\n(ctests\nOwn\n(K\x01t}tR",
            known(r#""args": [1], "state": null, "kwargs": {}"#),
        ),
    ] {
        assert_eq!(value(pickle), json, "{}", pickle.escape_ascii());
    }
    assert_eq!(
        value(b"c__builtin__\ngetattr\n(c__builtin__\ngetattr\n(ctests\nOuter\nU\x05InnertRU\x03REDtR"),
        r#"{"__type__": "name", "__value__": "tests.Outer.Inner.RED"}"#
    );
    // An object that is called: its class, and itself as the first argument.
    let called = value(b"cfunctools\npartial\n(ctests\nf\ntRK\x01\x85R");
    assert!(called.starts_with(r#"{"__type__": "object", "__value__": {"class": "functools.partial.__call__", "args": [{"__type__": "object""#), "{called}");
    assert!(called.ends_with(r#", 1], "state": null}}"#), "{called}");
}

#[test]
fn results_become_their_tuple_form_and_no_url_is_shown() {
    const BACKEND: &[u8] = b"ccelery.backends.base\nunpickle_backend\n(ccelery.backends.redis\nRedisBackend\n)}U\x03urlU\x16redis://:secret@host/0stR";
    let result = |id: &str, parent: &[u8]| {
        let mut pickle =
            format!("ccelery.app.base\n_unpickle_appattr\n(U\x0bAsyncResult(U\x01{id}").into_bytes();
        pickle.extend(BACKEND);
        pickle.extend(b"NN");
        pickle.extend(parent);
        pickle.extend(b"ttR");
        pickle
    };
    let single = result("a", b"N");
    assert_eq!(value(&single), r#"[["a", null], null]"#);
    let child = result("b", &single);
    assert_eq!(value(&child), r#"[["b", [["a", null], null]], null]"#);
    let group = [b"ccelery.result\nGroupResult\n(U\x01g](".as_slice(), &single, &child, b"etR"].concat();
    assert_eq!(value(&group), r#"[["g", null], [[["a", null], null], [["b", [["a", null], null]], null]]]"#);
    assert_eq!(value(b"ccelery.result\nEagerResult\n(U\x01eK\x03U\x07SUCCESSNNtR"), r#"[["e", null], null]"#);
    // As an AbortableTask returns them; a class of the user's own is like any other, but for the backend.
    let subclass = |class: &[u8]| [b"c", class, b"\n(U\x01i", BACKEND, b"NN", &single, b"tR"].concat();
    assert_eq!(
        value(&subclass(b"celery.contrib.abortable\nAbortableAsyncResult")),
        r#"[["i", [["a", null], null]], null]"#
    );
    let backend = object("celery.backends.redis.RedisBackend", "[]");
    assert_eq!(
        value(&subclass(b"own\nResult")),
        object("own.Result", &format!(r#"["i", {backend}, null, null, [["a", null], null]]"#))
    );
    assert_eq!(value(BACKEND), object("celery.backends.redis.RedisBackend", "[]"));
    assert_eq!(
        value(b"ccelery.app.utils\n_unpickle_app_v2\n(ccelery.app.base\nCelery\n}U\x06brokerU\x06secretstR"),
        object("celery.app.base.Celery", "[]")
    );
}

#[test]
fn exceptions() {
    let typed = |rest: &str| format!(r#"{{"__type__": "exception", "__value__": {{{rest}}}}}"#);
    for (pickle, rest) in [
        (&b"cexceptions\nValueError\n(U\x01xtR"[..], r#""exc_type": "ValueError", "exc_message": ["x"], "exc_module": "builtins""#),
        (b"cexceptions\nStopIteration\n(tR}b", r#""exc_type": "StopIteration", "exc_message": [], "exc_module": "builtins""#),
        (b"cown\nBoomError\n(K\x01tR}U\x01aK\x02sb", r#""exc_type": "BoomError", "exc_message": [1], "exc_module": "own", "exc_state": {"a": 2}"#),
        (b"cexceptions\nOSError\n(K\x02U\x01xU\x01ftR", r#""exc_type": "OSError", "exc_message": [2, "x", "f"], "exc_module": "builtins""#),
        (b"cbilliard.exceptions\nSoftTimeLimitExceeded\n(tR", r#""exc_type": "SoftTimeLimitExceeded", "exc_message": [], "exc_module": "billiard.exceptions""#),
        (
            b"ccelery.utils.serialization\nUnpickleableExceptionWrapper\n(U\x01mU\x01C(K\x01tU\x04C(1)tR}U\x04textU\x04C(1)sb",
            r#""exc_type": "UnpickleableExceptionWrapper", "exc_message": ["m", "C", [1], "C(1)"], "exc_module": "celery.utils.serialization""#,
        ),
    ] {
        assert_eq!(value(pickle), typed(rest), "{}", pickle.escape_ascii());
    }
    // A class that does not say that it is one.
    let failed = b"\x80\x02}(U\x06resultcown\nBoom\n(K\x01tRU\x06statusU\x07FAILUREu.";
    assert_eq!(
        text(failed).unwrap(),
        r#"{"result": {"exc_type": "Boom", "exc_message": [1], "exc_module": "own"}, "status": "FAILURE"}"#
    );
}
