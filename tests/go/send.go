package main

/*
#include <celery_result.h>
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"time"
	"unsafe"
)

// send sends a task with options by their names in Python and gives its id.
func (a *app) send(name string, args []any, options map[string]any) (string, error) {
	var err *C.celery_error_t
	var set *C.celery_send_options_t
	if status := C.celery_send_options_new(&set, &err); status != C.CELERY_OK {
		return "", failure(status, err)
	}
	defer C.celery_send_options_free(set)
	for option, value := range options {
		text, wrong := json.Marshal(value)
		if wrong != nil {
			return "", wrong
		}
		coption, ctext := C.CString(option), C.CString(string(text))
		status := C.celery_send_options_set(set, coption, ctext, &err)
		C.free(unsafe.Pointer(coption))
		C.free(unsafe.Pointer(ctext))
		if status != C.CELERY_OK {
			return "", failure(status, err)
		}
	}
	text, wrong := json.Marshal(args)
	if wrong != nil {
		return "", wrong
	}
	cname, cargs := C.CString(name), C.CString(string(text))
	defer C.free(unsafe.Pointer(cname))
	defer C.free(unsafe.Pointer(cargs))
	var result *C.celery_result_t
	if status := C.celery_app_send_task(a.handle, cname, cargs, nil, set, &result, &err); status != C.CELERY_OK {
		return "", failure(status, err)
	}
	defer C.celery_result_free(result)
	return C.GoString(C.celery_result_id(result)), nil
}

func sendAndWait(url string) {
	a, err := open(url)
	if err != nil {
		check(false, "go: open "+url, err)
		return
	}
	defer a.free()
	id, err := a.send("proj.tasks.add", []any{2, "é"}, map[string]any{"queue": "go", "countdown": 0.5})
	check(err == nil && len(id) == 36, "go: a task is sent", err)
	stored := make(chan error, 1)
	go func() { stored <- a.store(id, "SUCCESS", `{"sum": 5}`) }()
	value, err := a.get(context.Background(), id, 30*time.Second)
	check(err == nil && value == `{"sum": 5}`, "go: and waited for "+value, err)
	check(<-stored == nil, "go: its result is stored")
	_, err = a.send("proj.tasks.add", nil, map[string]any{"quue": "go"})
	var e *Error
	check(errors.As(err, &e) && e.Name == "CELERY_ERR_UNKNOWN_OPTION", "go: a misspelt option is an error", err)
}
