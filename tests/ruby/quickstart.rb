# frozen_string_literal: true

# The C header from Ruby (ruby-ffi): the quick start on memory://, and Timeout.timeout and
# Thread#kill that end a wait. Proves that the API can be wrapped without a compiler; prints one
# "ok - …" or "not ok - …" line per check.
#
#     LIBCELERY_RESULT=path/to/libcelery_result.so ruby tests/ruby/quickstart.rb

require 'ffi'
require 'timeout'

module C
  extend FFI::Library
  ffi_lib ENV.fetch('LIBCELERY_RESULT', 'libcelery_result.so.0')

  attach_function :celery_status_name, [:int32], :string
  attach_function :celery_error_message, [:pointer], :string
  attach_function :celery_error_free, [:pointer], :void
  attach_function :celery_app_open, %i[string pointer pointer pointer], :int32
  attach_function :celery_app_free, [:pointer], :void
  attach_function :celery_app_store_result, %i[pointer string string string size_t pointer pointer], :int32
  attach_function :celery_async_result_new, %i[pointer string pointer pointer], :int32
  attach_function :celery_result_free, [:pointer], :void
  # The one call that waits: it must let other Ruby threads run.
  attach_function :celery_result_get_with, %i[pointer pointer pointer pointer], :int32, blocking: true
  attach_function :celery_get_options_new, %i[pointer pointer], :int32
  attach_function :celery_get_options_set_timeout_ms, %i[pointer int64 pointer], :int32
  attach_function :celery_get_options_set_cancel, %i[pointer pointer pointer], :int32
  attach_function :celery_get_options_free, [:pointer], :void
  attach_function :celery_cancel_new, %i[pointer pointer], :int32
  attach_function :celery_cancel_trigger, [:pointer], :void
  attach_function :celery_cancel_free, [:pointer], :void
  attach_function :celery_value_json, %i[pointer pointer], :pointer
  attach_function :celery_value_free, [:pointer], :void
end

# A failed call: a copy of the error handle, so that nothing has to be freed.
class CeleryError < StandardError
  attr_reader :name

  def initialize(name, message)
    @name = name
    super("#{name}: #{message}")
  end
end

# Calls a C function whose last parameter is the error; raises what it reports.
def call(function, *arguments)
  FFI::MemoryPointer.new(:pointer) do |err|
    status = C.public_send(function, *arguments, err)
    next if status.zero?

    error = err.read_pointer
    message = C.celery_error_message(error)
    C.celery_error_free(error)
    raise CeleryError.new(C.celery_status_name(status), message)
  end
end

# Calls a C function that gives a handle in the parameter before the error.
def make(function, *arguments)
  FFI::MemoryPointer.new(:pointer) do |out|
    call(function, *arguments, out)
    return out.read_pointer
  end
end

def store(app, id, state, json)
  call(:celery_app_store_result, app, id, state, json, json.bytesize, nil)
end

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

$failed = false

def check(passed, name, detail = nil)
  $failed ||= !passed
  puts "#{passed ? 'ok' : 'not ok'} - ruby: #{name}#{" (#{detail})" unless detail.nil?}"
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
