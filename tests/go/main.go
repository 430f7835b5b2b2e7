// The C header from Go: the quick start on memory://, a context that ends a wait, a thousand
// goroutines that wait through one queue, and a task that is sent to a real server and waited for.
// Proves that the API can be wrapped with cgo; prints one "ok - …" or "not ok - …" line per check.
package main

/*
#cgo pkg-config: celery_result
#include <celery_result.h>
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"
)

// Error is a failed call: a copy of what celery_error_t holds, so that nothing has to be freed.
type Error struct {
	Status  int32
	Name    string
	Message string
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// failure takes over err.
func failure(status C.celery_status_t, err *C.celery_error_t) error {
	if status == C.CELERY_OK {
		return nil
	}
	defer C.celery_error_free(err)
	return &Error{
		Status:  int32(status),
		Name:    C.GoString(C.celery_status_name(status)),
		Message: C.GoString(C.celery_error_message(err)),
	}
}

type app struct{ handle *C.celery_app_t }

func open(url string) (*app, error) {
	curl := C.CString(url)
	defer C.free(unsafe.Pointer(curl))
	var a app
	var err *C.celery_error_t
	status := C.celery_app_open(curl, nil, &a.handle, &err)
	return &a, failure(status, err)
}

func (a *app) free() { C.celery_app_free(a.handle) }

func (a *app) store(id, state, json string) error {
	cid, cstate, cjson := C.CString(id), C.CString(state), C.CString(json)
	defer C.free(unsafe.Pointer(cid))
	defer C.free(unsafe.Pointer(cstate))
	defer C.free(unsafe.Pointer(cjson))
	var err *C.celery_error_t
	status := C.celery_app_store_result(a.handle, cid, cstate, cjson, C.size_t(len(json)), nil, &err)
	return failure(status, err)
}

// get waits until the task has finished, the time is over or ctx is done.
func (a *app) get(ctx context.Context, id string, timeout time.Duration) (string, error) {
	cid := C.CString(id)
	defer C.free(unsafe.Pointer(cid))
	var err *C.celery_error_t
	var result *C.celery_result_t
	if status := C.celery_async_result_new(a.handle, cid, &result, &err); status != C.CELERY_OK {
		return "", failure(status, err)
	}
	defer C.celery_result_free(result)

	var cancel *C.celery_cancel_t
	if status := C.celery_cancel_new(&cancel, &err); status != C.CELERY_OK {
		return "", failure(status, err)
	}
	defer C.celery_cancel_free(cancel)
	var options *C.celery_get_options_t
	if status := C.celery_get_options_new(&options, &err); status != C.CELERY_OK {
		return "", failure(status, err)
	}
	defer C.celery_get_options_free(options)
	status := C.celery_get_options_set_timeout_ms(options, C.int64_t(timeout.Milliseconds()), &err)
	if status == C.CELERY_OK {
		status = C.celery_get_options_set_cancel(options, cancel, &err)
	}
	if status != C.CELERY_OK {
		return "", failure(status, err)
	}

	// The token is freed when get returns, so the goroutine that triggers it must have ended.
	returned, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
			C.celery_cancel_trigger(cancel)
		case <-returned:
		}
	}()
	var value *C.celery_value_t
	status = C.celery_result_get_with(result, options, &value, &err)
	close(returned)
	<-ended
	if status == C.CELERY_ERR_CANCELLED && ctx.Err() != nil {
		C.celery_error_free(err)
		return "", ctx.Err()
	}
	if status != C.CELERY_OK {
		return "", failure(status, err)
	}
	defer C.celery_value_free(value)
	var length C.size_t
	json := C.celery_value_json(value, &length)
	return C.GoStringN(json, C.int(length)), nil
}

var failed bool

func check(ok bool, name string, detail ...any) {
	if ok {
		fmt.Println("ok -", name)
		return
	}
	failed = true
	fmt.Println("not ok -", name, fmt.Sprintln(detail...))
}

func quickStart(a *app) {
	stored := make(chan error, 1)
	go func() {
		err := a.store("go-1", "PROGRESS", `{"step": 1}`)
		if err == nil {
			time.Sleep(50 * time.Millisecond)
			err = a.store("go-1", "SUCCESS", `{"sum": 42}`)
		}
		stored <- err
	}()
	json, err := a.get(context.Background(), "go-1", 5*time.Second)
	check(err == nil && json == `{"sum": 42}`, "go: a goroutine stores, another gets "+json, err)
	check(<-stored == nil, "go: storing succeeds")
}

func timeout(a *app) {
	_, err := a.get(context.Background(), "go-nobody", 50*time.Millisecond)
	var e *Error
	check(errors.As(err, &e) && e.Name == "CELERY_ERR_TIMEOUT", "go: a timeout is an error value", err)
}

func contextEndsGet(a *app) {
	ctx, stop := context.WithCancel(context.Background())
	var cancelled atomic.Int64
	go func() {
		time.Sleep(300 * time.Millisecond)
		cancelled.Store(time.Now().UnixNano())
		stop()
	}()
	counting := make(chan struct{})
	var count int
	go func() {
		defer close(counting)
		for ctx.Err() == nil {
			count++
			time.Sleep(time.Millisecond)
		}
	}()
	_, err := a.get(ctx, "go-cancelled", 10*time.Second)
	late := time.Duration(time.Now().UnixNano() - cancelled.Load())
	<-counting
	check(errors.Is(err, context.Canceled), "go: a cancelled context ends a 10 s get", err)
	check(late < 200*time.Millisecond, fmt.Sprintf("go: within 200 ms (%v)", late.Round(time.Millisecond)))
	check(count > 20, fmt.Sprintf("go: other goroutines went on (counted to %d)", count))
}

func main() {
	a, err := open("memory://demo")
	if err != nil {
		fmt.Println("not ok - go: open", err)
		os.Exit(1)
	}
	quickStart(a)
	timeout(a)
	contextEndsGet(a)
	aThousandWait(a)
	a.free()
	sendAndWait(os.Getenv("CELERY_TEST_REDIS_URL"))
	if failed {
		os.Exit(1)
	}
}
