//! What Python itself pickles: every kind in every protocol.

use super::*;
use std::fmt::Write;
use std::process::Command;

struct Made {
    protocol: String,
    pickle: Vec<u8>,
    value: String,
}

fn made() -> Vec<Made> {
    let out = Command::new("python3").args(["-c", include_str!("values.py")]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines = String::from_utf8(out.stdout).unwrap();
    let made = lines.lines().map(|line| {
        let mut parts = line.splitn(3, ' ');
        let (protocol, hex) = (parts.next().unwrap().to_owned(), parts.next().unwrap());
        let pickle = hex
            .as_bytes()
            .chunks(2)
            .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
        Made { protocol, pickle: pickle.collect(), value: parts.next().unwrap().to_owned() }
    });
    made.collect()
}

#[test]
fn every_kind_in_every_protocol() {
    let mut wrong = String::new();
    let all = made();
    assert!(all.len() > 900);
    for Made { protocol, pickle, value } in all {
        let expected = format!(r#"{{"status": "SUCCESS", "result": {value}, "task_id": "t"}}"#);
        let found = text(&pickle).unwrap_or_else(|error| error.to_string());
        if found != expected {
            writeln!(wrong, "protocol {protocol}: {found:.300}\nexpected: {expected:.300}").unwrap();
        }
        let Outline { state, task_id } = outline(&pickle).unwrap();
        assert_eq!(state, State::Success);
        assert!(matches!(task_id, TaskId::Text(id) if id == "t"));
    }
    assert_eq!(wrong, "");
}

/// Truncated at every byte, and with every byte changed.
#[test]
fn damage_is_an_error_or_a_value() {
    for Made { pickle, .. } in made().into_iter().filter(|made| made.pickle.len() < 250).step_by(31) {
        for end in 0..pickle.len() {
            assert!(outline(&pickle[..end]).is_err());
            assert!(text(&pickle[..end]).is_err());
        }
        for place in 0..pickle.len() {
            for change in [1, 0x80] {
                let mut damaged = pickle.clone();
                damaged[place] ^= change;
                assert_agreement(&damaged);
            }
        }
    }
}
