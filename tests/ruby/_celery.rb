# frozen_string_literal: true

# What every Ruby program here needs: the C functions by ruby-ffi, errors as exceptions, and checks
# that print one "ok - …" or "not ok - …" line each.

require 'ffi'

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

$failed = false

def check(passed, name, detail = nil)
  $failed ||= !passed
  puts "#{passed ? 'ok' : 'not ok'} - ruby: #{name}#{" (#{detail})" unless detail.nil?}"
end
