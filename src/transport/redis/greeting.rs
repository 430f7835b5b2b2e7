//! The first words on a new socket: credentials, database, name. What the server answers is kept as it
//! is, so that a wrong password can be told from a full server. All replies are single lines, whatever
//! the version.

use super::{
    commands::Request,
    errors::{Refusal, Trouble, Verdict},
    stream::Metered,
};
use crate::{config::RedisSettings, model::Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Longest answer to a greeting; a Redis server needs a few hundred bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

#[derive(Clone, Copy)]
enum Step {
    Auth,
    Select,
    Name,
    Ping,
}

/// Makes the connection ready for commands, or says why the server refuses it.
pub(super) async fn greet(stream: &mut Metered, settings: &RedisSettings) -> Result<(), Trouble> {
    match converse(stream, settings, settings.username.as_deref()).await {
        Err(Answer::NoUserNames) => converse(stream, settings, None).await,
        other => other,
    }
    .map_err(|answer| match answer {
        Answer::Trouble(trouble) => trouble,
        Answer::NoUserNames => Trouble::refused(
            Verdict::Permanent(Status::Auth),
            "the server does not understand AUTH".to_owned(),
        ),
    })
}

enum Answer {
    Trouble(Trouble),
    /// A server before version 6 has passwords only.
    NoUserNames,
}

async fn converse(
    stream: &mut Metered,
    settings: &RedisSettings,
    username: Option<&str>,
) -> Result<(), Answer> {
    let mut request = Request::nothing();
    let mut steps = Vec::with_capacity(4);
    if let Some(password) = &settings.password {
        let credentials = [username, Some(password.expose())];
        let credentials: Vec<_> = credentials.into_iter().flatten().map(str::as_bytes).collect();
        request = request.and("AUTH", &credentials);
        steps.push(Step::Auth);
    }
    if settings.db != 0 {
        request = request.and("SELECT", &[settings.db.to_string().as_bytes()]);
        steps.push(Step::Select);
    }
    if let Some(name) = &settings.client_name {
        request = request.and("CLIENT", &[b"SETNAME", name.as_bytes()]);
        steps.push(Step::Name);
    }
    // Shows whether a password is missing.
    request = request.and("PING", &[]);
    steps.push(Step::Ping);

    let lines = exchange(stream, &request.into_bytes().0, steps.len()).await;
    let lines = lines.map_err(|error| Answer::Trouble(Trouble::passing(error)))?;
    for (step, line) in steps.iter().zip(&lines) {
        check(*step, line, username.is_some())?;
    }
    if lines.len() < steps.len() {
        return Err(Answer::Trouble(Trouble::passing("the server closed the connection")));
    }
    Ok(())
}

/// The answer's lines: as many as asked for, or fewer where the server hung up.
async fn exchange(stream: &mut Metered, request: &[u8], count: usize) -> Result<Vec<String>, String> {
    // A server that refuses a connection says so and hangs up, perhaps before it reads: what it
    // said is worth more than the error of writing.
    let written = stream.write_all(request).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    while answer.split(|byte| *byte == b'\n').count() <= count {
        match stream.read(&mut buffer).await {
            Ok(0) => break,
            Ok(size) => answer.extend_from_slice(buffer.get(..size).unwrap_or_default()),
            Err(error) if answer.is_empty() => return Err(error.to_string()),
            Err(_) => break,
        }
        if answer.len() > LONGEST_ANSWER {
            return Err("the answer is not one of a Redis server".to_owned());
        }
    }
    if answer.is_empty() {
        return Err(match written {
            Ok(()) => "the server closed the connection".to_owned(),
            Err(error) => error.to_string(),
        });
    }
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().take(count).map(str::to_owned).collect())
}

fn check(step: Step, line: &str, with_username: bool) -> Result<(), Answer> {
    if line.starts_with('+') {
        return Ok(());
    }
    let Some(line) = line.strip_prefix('-') else {
        return Err(Answer::Trouble(Trouble::passing("the answer is not one of a Redis server")));
    };
    let refusal = Refusal::from_line(line);
    let (verdict, asked) = match step {
        Step::Auth if with_username && refusal.is_wrong_number_of_arguments() => {
            return Err(Answer::NoUserNames);
        }
        Step::Auth => (refusal.verdict_on_credentials(), "AUTH"),
        Step::Select => (refusal.verdict_on_database(), "SELECT"),
        Step::Name | Step::Ping => match refusal.verdict() {
            // Also said of a connection that is about to be closed.
            Verdict::Permanent(status @ Status::Auth) => (Verdict::Permanent(status), "PING"),
            Verdict::Permanent(status) if line.starts_with("DENIED") => (Verdict::Permanent(status), "PING"),
            Verdict::Retry if line.starts_with("ERR") => (Verdict::Retry, "PING"),
            // Loading, busy or not allowed to ping: it is there and has let us in.
            _ => return Ok(()),
        },
    };
    Err(Answer::Trouble(Trouble::refused(verdict, format!("the server answered {asked} with {refusal}"))))
}
