// One queue for any number of goroutines: how a Go program waits without a thread for each wait.
package main

/*
#include <celery_result.h>
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// queue lets any number of goroutines wait for results: each waits on a channel of its own, and one
// goroutine takes the events out. No OS thread is blocked; Go's poller watches the descriptor.
type queue struct {
	handle *C.celery_queue_t
	file   *os.File
	ended  chan struct{}

	mutex   sync.Mutex
	nextTag uint64
	waiting map[uint64]chan outcome
}

type outcome struct {
	json string
	err  error
}

func newQueue() (*queue, error) {
	var err *C.celery_error_t
	q := &queue{ended: make(chan struct{}), waiting: map[uint64]chan outcome{}}
	if status := C.celery_queue_new(&q.handle, &err); status != C.CELERY_OK {
		return nil, failure(status, err)
	}
	// Closing the file closes its descriptor, so it gets one of its own; the queue keeps its.
	fd, errno := syscall.Dup(int(C.celery_queue_fd(q.handle)))
	if errno != nil {
		C.celery_queue_free(q.handle)
		return nil, errno
	}
	syscall.CloseOnExec(fd)
	q.file = os.NewFile(uintptr(fd), "celery queue")
	connection, e := q.file.SyscallConn()
	if e != nil {
		return nil, e
	}
	go func() {
		defer close(q.ended)
		// Calls the function, and again each time the descriptor becomes readable, as long as it gives
		// false; ends with an error at the deadline that close sets.
		connection.Read(func(uintptr) bool { q.drain(); return false })
	}()
	return q, nil
}

// drain hands out all events that are there.
func (q *queue) drain() {
	for {
		var err *C.celery_error_t
		var batch *C.celery_batch_t
		status := C.celery_queue_next(q.handle, 0, nil, 64, &batch, &err)
		if status != C.CELERY_OK {
			C.celery_error_free(err) // a timeout: nothing is there any more
			return
		}
		for i := C.size_t(0); i < C.celery_batch_count(batch); i++ {
			q.hand(uint64(C.celery_batch_tag(batch, i)), outcomeOf(batch, i))
		}
		C.celery_batch_free(batch)
	}
}

func outcomeOf(batch *C.celery_batch_t, i C.size_t) outcome {
	if C.celery_batch_kind(batch, i) != C.CELERY_EVENT_READY {
		return outcome{err: errors.New(C.GoString(C.celery_batch_message(batch, i)))}
	}
	var err *C.celery_error_t
	var meta *C.celery_meta_t
	var value *C.celery_value_t
	status := C.celery_batch_meta(batch, i, &meta, &err)
	if status == C.CELERY_OK {
		status = C.celery_meta_value(meta, &value, &err)
	}
	defer C.celery_meta_free(meta)
	defer C.celery_value_free(value)
	if status != C.CELERY_OK {
		return outcome{err: failure(status, err)}
	}
	return outcome{json: C.GoString(C.celery_value_json(value, nil))}
}

func (q *queue) hand(tag uint64, found outcome) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if channel, known := q.waiting[tag]; known {
		delete(q.waiting, tag)
		channel <- found
	}
}

// wait waits until the task has finished or ctx is done.
func (q *queue) wait(ctx context.Context, a *app, id string) (string, error) {
	cid := C.CString(id)
	defer C.free(unsafe.Pointer(cid))
	channel := make(chan outcome, 1)

	// The lock keeps a thousand goroutines from being in C at once, each on a thread of its own.
	q.mutex.Lock()
	q.nextTag++
	tag := q.nextTag
	q.waiting[tag] = channel
	var err *C.celery_error_t
	var result *C.celery_result_t
	status := C.celery_async_result_new(a.handle, cid, &result, &err)
	if status == C.CELERY_OK {
		status = C.celery_queue_add(q.handle, result, C.uint64_t(tag), &err)
		C.celery_result_free(result)
	}
	if status != C.CELERY_OK {
		delete(q.waiting, tag)
	}
	q.mutex.Unlock()
	if status != C.CELERY_OK {
		return "", failure(status, err)
	}

	select {
	case found := <-channel:
		return found.json, found.err
	case <-ctx.Done():
		q.mutex.Lock()
		defer q.mutex.Unlock()
		delete(q.waiting, tag)
		if status := C.celery_queue_remove(q.handle, C.uint64_t(tag), nil, &err); status != C.CELERY_OK {
			return "", failure(status, err)
		}
		return "", ctx.Err()
	}
}

func (q *queue) close() {
	q.file.SetReadDeadline(time.Unix(1, 0))
	<-q.ended
	q.file.Close()
	C.celery_queue_free(q.handle)
}

const goroutines = 1000

// threads gives the number of OS threads of this process.
func threads() int {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return -1
	}
	return len(tasks)
}

// aThousandWait runs under a limit that ends the program at the thirtieth thread.
func aThousandWait(a *app) {
	defer debug.SetMaxThreads(debug.SetMaxThreads(29))
	q, err := newQueue()
	check(err == nil, "go: a queue whose descriptor Go's poller takes", err)
	if err != nil {
		return
	}
	type answer struct {
		n    int
		json string
		err  error
	}
	answers := make(chan answer)
	ctx, stop := context.WithCancel(context.Background())
	for n := 0; n < goroutines; n++ {
		go func(n int) {
			json, err := q.wait(context.Background(), a, fmt.Sprintf("go-queue-%d", n))
			answers <- answer{n, json, err}
		}(n)
	}
	gaveUp := make(chan error)
	go func() {
		_, err := q.wait(ctx, a, "go-queue-nobody")
		gaveUp <- err
	}()
	for C.celery_queue_pending(q.handle) < goroutines+1 {
		runtime.Gosched()
	}
	check(threads() < 30, fmt.Sprintf("go: %d goroutines wait (%d threads)", goroutines, threads()))

	stop()
	err = <-gaveUp
	check(errors.Is(err, context.Canceled), "go: a cancelled context ends a wait through the queue", err)
	for writer := 0; writer < 4; writer++ {
		go func(first int) {
			for n := first; n < goroutines; n += 4 {
				if err := a.store(fmt.Sprintf("go-queue-%d", n), "SUCCESS", fmt.Sprint(n)); err != nil {
					answers <- answer{n, "", err}
				}
			}
		}(writer)
	}
	right := 0
	for n := 0; n < goroutines; n++ {
		found := <-answers
		if found.err == nil && found.json == fmt.Sprint(found.n) {
			right++
		} else {
			err = found.err
		}
	}
	check(right == goroutines, fmt.Sprintf("go: each gets its own result (%d)", right), err)
	check(threads() < 30, fmt.Sprintf("go: with fewer than 30 threads (%d)", threads()))
	check(C.celery_queue_pending(q.handle) == 0 && C.celery_queue_length(q.handle) == 0, "go: the queue is empty")
	q.close()
}
