//! Stores records as Celery's worker does, over a plain connection that knows nothing of this
//! library, and in ways that no worker would.

use super::redis_server::RedisServer;

/// The key of a task's record, which is also the channel it is published on.
pub fn key(id: &str) -> String {
    format!("celery-task-meta-{id}")
}

/// A record as Celery writes it; `result` is JSON.
pub fn record(id: &str, status: &str, result: &str) -> Vec<u8> {
    format!(
        "{{\"status\": \"{status}\", \"result\": {result}, \"traceback\": null, \"children\": [], \
         \"date_done\": \"2026-01-01T00:00:00.000000+00:00\", \"task_id\": \"{id}\"}}"
    )
    .into_bytes()
}

/// A worker's connection.
pub struct Worker {
    connection: redis::Connection,
}

impl Worker {
    pub fn new(server: &RedisServer) -> Self {
        Self { connection: server.client() }
    }

    /// SETEX and PUBLISH in one MULTI.
    pub fn store(&mut self, id: &str, result: &str) {
        self.store_bytes(id, &record(id, "SUCCESS", result));
    }

    pub fn store_state(&mut self, id: &str, status: &str, result: &str) {
        self.store_bytes(id, &record(id, status, result));
    }

    pub fn store_bytes(&mut self, id: &str, record: &[u8]) {
        let key = key(id);
        let mut pipeline = redis::pipe();
        pipeline.atomic().set_ex(&key, record, 86_400).ignore().publish(&key, record).ignore();
        pipeline.query::<()>(&mut self.connection).unwrap();
    }

    /// Many in one write, each in its own MULTI, as many workers would at one time.
    pub fn store_all(&mut self, ids: &[String], result: impl Fn(&str) -> String) {
        self.store_together(ids.iter().map(|id| (&**id, record(id, "SUCCESS", &result(id)))));
    }

    /// Records in one write, each in its own MULTI.
    pub fn store_together<'a>(&mut self, records: impl IntoIterator<Item = (&'a str, Vec<u8>)>) {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for (id, record) in records {
            count += 1;
            let key = key(id);
            let mut pipeline = redis::pipe();
            pipeline.atomic().set_ex(&key, record.as_slice(), 86_400).publish(&key, record.as_slice());
            bytes.extend(pipeline.get_packed_pipeline());
        }
        self.connection.send_packed_command(&bytes).unwrap();
        // MULTI, two commands that are queued, EXEC.
        for _ in 0..count * 4 {
            self.connection.recv_response().unwrap();
        }
    }

    /// Sets the key and tells nobody: a lost PUBLISH.
    pub fn set_silently(&mut self, id: &str, record: &[u8]) {
        redis::cmd("SET").arg(key(id)).arg(record).exec(&mut self.connection).unwrap();
    }

    /// Publishes and stores nothing.
    pub fn publish(&mut self, id: &str, payload: &[u8]) {
        redis::cmd("PUBLISH").arg(key(id)).arg(payload).exec(&mut self.connection).unwrap();
    }
}
