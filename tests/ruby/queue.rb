# frozen_string_literal: true

# The completion queue from Ruby (ruby-ffi), while GC.stress collects at each chance: result handles
# are garbage right after they were added, and every result still comes once, with its value.
#
#     LIBCELERY_RESULT=path/to/libcelery_result.so ruby tests/ruby/queue.rb

require_relative '_celery'

module C
  attach_function :celery_queue_new, %i[pointer pointer], :int32
  attach_function :celery_queue_add, %i[pointer pointer uint64 pointer], :int32
  attach_function :celery_queue_next, %i[pointer int64 pointer size_t pointer pointer], :int32, blocking: true
  attach_function :celery_queue_pending, [:pointer], :size_t
  attach_function :celery_queue_length, [:pointer], :size_t
  attach_function :celery_queue_free, [:pointer], :void
  attach_function :celery_batch_count, [:pointer], :size_t
  attach_function :celery_batch_tag, %i[pointer size_t], :uint64
  attach_function :celery_batch_kind, %i[pointer size_t], :int32
  attach_function :celery_batch_id, %i[pointer size_t], :string
  attach_function :celery_batch_meta, %i[pointer size_t pointer pointer], :int32
  attach_function :celery_batch_free, [:pointer], :void
  attach_function :celery_meta_value, %i[pointer pointer pointer], :int32
  attach_function :celery_meta_free, [:pointer], :void
end

CELERY_EVENT_READY = 1
RESULTS = 25

# A result that the garbage collector frees.
class Result < FFI::AutoPointer
  @freed = 0
  class << self
    attr_reader :freed

    def release(pointer)
      @freed += 1
      C.celery_result_free(pointer)
    end
  end
end

# Batches, metas and values that the garbage collector frees.
class Batch < FFI::AutoPointer
  def self.release(pointer) = C.celery_batch_free(pointer)
end

class Meta < FFI::AutoPointer
  def self.release(pointer) = C.celery_meta_free(pointer)
end

class Value < FFI::AutoPointer
  def self.release(pointer) = C.celery_value_free(pointer)
end

def add(queue, app, id, tag)
  call(:celery_queue_add, queue, Result.new(make(:celery_async_result_new, app, id)), tag)
end

# Takes events until as many as wanted have come: tag, id and value of each.
def drain(queue, wanted)
  found = []
  while found.size < wanted
    batch = Batch.new(make(:celery_queue_next, queue, 30_000, nil, 7))
    C.celery_batch_count(batch).times do |index|
      raise 'not ready' unless C.celery_batch_kind(batch, index) == CELERY_EVENT_READY

      meta = Meta.new(make(:celery_batch_meta, batch, index))
      value = Value.new(make(:celery_meta_value, meta))
      found << [C.celery_batch_tag(batch, index), C.celery_batch_id(batch, index),
                C.celery_value_json(value, nil).read_string]
    end
  end
  found
end

app = make(:celery_app_open, 'memory://queue', nil)
queue = make(:celery_queue_new)

GC.stress = true
RESULTS.times { |n| add(queue, app, "stressed-#{n}", n) }
GC.stress = false
# The collector looks at the stack as it stands, so a few handles may seem to be in use.
check(Result.freed >= RESULTS - 5, 'handles are freed right after they were added', "#{Result.freed} of #{RESULTS}")
check(C.celery_queue_pending(queue) == RESULTS, 'the queue holds what it needs of them')

GC.stress = true
worker = Thread.new { RESULTS.times { |n| store(app, "stressed-#{n}", 'SUCCESS', n.to_s) } }
found = drain(queue, RESULTS)
worker.join
GC.stress = false
check(found.sort == Array.new(RESULTS) { |n| [n, "stressed-#{n}", n.to_s] }, 'every result comes once, with its value')
check(C.celery_queue_pending(queue).zero? && C.celery_queue_length(queue).zero?, 'and then the queue is empty')

GC.stress = true
RESULTS.times { |n| add(queue, app, "stressed-#{n}", RESULTS + n) }
tags = drain(queue, RESULTS).map(&:first)
GC.stress = false
check(tags.sort == (RESULTS...2 * RESULTS).to_a, 'results that are ready already come once, too')

C.celery_queue_free(queue)
C.celery_app_free(app)
exit($failed ? 1 : 0)
