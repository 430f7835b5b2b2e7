//! The vocabulary of celery.result.
