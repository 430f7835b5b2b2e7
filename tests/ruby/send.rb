# frozen_string_literal: true

# Sending a task from Ruby, waiting for it and revoking it: options as a hash, other threads go on.
#
#     CELERY_TEST_REDIS_URL=redis://... LIBCELERY_RESULT=path/to/libcelery_result.so ruby tests/ruby/send.rb

require 'json'
require_relative '_celery'

module C
  attach_function :celery_send_options_new, %i[pointer pointer], :int32
  attach_function :celery_send_options_set, %i[pointer string string pointer], :int32
  attach_function :celery_send_options_free, [:pointer], :void
  # These ask the broker.
  attach_function :celery_app_send_task, %i[pointer string string string pointer pointer pointer], :int32, blocking: true
  attach_function :celery_result_revoke, %i[pointer pointer pointer pointer], :int32, blocking: true
  attach_function :celery_result_get, %i[pointer int64 pointer pointer], :int32, blocking: true
  attach_function :celery_result_id, [:pointer], :string
end

# Gives the result, to be freed.
def send_task(app, name, args, kwargs = {}, **options)
  set = make(:celery_send_options_new)
  options.each { |option, value| call(:celery_send_options_set, set, option.to_s, JSON.generate(value)) }
  make(:celery_app_send_task, app, name, JSON.generate(args), JSON.generate(kwargs), set)
ensure
  C.celery_send_options_free(set) if set
end

def text_of(value)
  C.celery_value_json(value, nil).read_string.force_encoding(Encoding::UTF_8)
ensure
  C.celery_value_free(value)
end

app = make(:celery_app_open, ENV.fetch('CELERY_TEST_REDIS_URL'), nil)

result = send_task(app, 'proj.tasks.add', [2, 'é'], queue: 'ruby', expires: 60)
id = C.celery_result_id(result)
check(id.length == 36, 'a task is sent', id)
worker = Thread.new { store(app, id, 'SUCCESS', '{"sum": 5}') }
check(text_of(make(:celery_result_get, result, 30_000)) == '{"sum": 5}', 'and waited for')
worker.join

replies = JSON.parse(text_of(make(:celery_result_revoke, result, nil)))
check(replies['nodes'] == {}, 'and revoked', replies.inspect)
C.celery_result_free(result)

error = begin
  send_task(app, 'proj.tasks.add', [], quue: 'ruby')
rescue CeleryError => e
  e
end
check(error.is_a?(CeleryError) && error.message.include?('"queue"'), 'a misspelt option names the right one', error.inspect)

C.celery_app_free(app)
exit($failed ? 1 : 0)
