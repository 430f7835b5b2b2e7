# frozen_string_literal: true

# The C header from Ruby (ruby-ffi): the quick start on memory://, and Timeout.timeout and
# Thread#kill that end a wait. Proves that the API can be wrapped without a compiler; prints one
# "ok - …" or "not ok - …" line per check.
#
#     LIBCELERY_RESULT=path/to/libcelery_result.so ruby tests/ruby/quickstart.rb

require 'timeout'
require_relative '_celery'

# Waits until the task has finished. The wait has a thread of its own, because Ruby can interrupt
# a thread that joins another but not one inside C; whatever ends the join, the token ends the wait.
def get(app, id, timeout_ms)
  result = make(:celery_async_result_new, app, id)
  cancel = make(:celery_cancel_new)
  options = make(:celery_get_options_new)
  call(:celery_get_options_set_timeout_ms, options, timeout_ms)
  call(:celery_get_options_set_cancel, options, cancel)
  waiter = Thread.new do
    Thread.current.report_on_exception = false
    value = make(:celery_result_get_with, result, options)
    begin
      FFI::MemoryPointer.new(:size_t) do |length|
        json = C.celery_value_json(value, length)
        break json.read_bytes(length.read(:size_t)).force_encoding(Encoding::UTF_8)
      end
    ensure
      C.celery_value_free(value)
    end
  end
  waiter.value
ensure
  C.celery_cancel_trigger(cancel) if cancel
  begin
    waiter&.join # at once: nothing is freed under a running call
  rescue CeleryError
    nil # raised by value above, or the cancelled wait itself
  end
  C.celery_get_options_free(options) if options
  C.celery_cancel_free(cancel) if cancel
  C.celery_result_free(result) if result
end

def milliseconds
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond)
end

# Runs the block while another thread counts; gives the count and the milliseconds.
def while_counting
  count = 0
  counter = Thread.new do
    loop do
      count += 1
      sleep 0.001
    end
  end
  started = milliseconds
  yield
  [count, (milliseconds - started).round]
ensure
  counter.kill
end

app = make(:celery_app_open, 'memory://demo', nil)

worker = Thread.new do
  store(app, 'ruby-1', 'PROGRESS', '{"step": 1}')
  sleep 0.05
  store(app, 'ruby-1', 'SUCCESS', '{"sum": 42}')
end
json = get(app, 'ruby-1', 5_000)
worker.join
check(json == '{"sum": 42}', 'a thread stores, another gets', json)

error = begin
  get(app, 'ruby-nobody', 50)
rescue CeleryError => e
  e
end
check(error.is_a?(CeleryError) && error.name == 'CELERY_ERR_TIMEOUT', 'a timeout is an exception', error.inspect)

timed_out = false
count, took = while_counting do
  Timeout.timeout(0.5) { get(app, 'ruby-timeout', 10_000) }
rescue Timeout::Error
  timed_out = true
end
check(timed_out, 'Timeout.timeout(0.5) ends a 10 s get')
check(took.between?(500, 700), 'within 200 ms', "after #{took} ms")
check(count > 50, 'other threads went on', "counted to #{count}")

took = nil
count, = while_counting do
  victim = Thread.new { get(app, 'ruby-kill', 10_000) }
  sleep 0.3
  killed = milliseconds
  victim.kill
  victim.join
  took = (milliseconds - killed).round
end
check(took < 200, 'Thread#kill ends a 10 s get within 200 ms', "after #{took} ms")
check(count > 30, 'other threads went on', "counted to #{count}")

C.celery_app_free(app)
exit($failed ? 1 : 0)
