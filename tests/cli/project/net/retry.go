// Package net sends requests and tries again when that fails.
package net

import (
	"errors"
	"math/rand"
	"time"
)

var ErrGaveUp = errors.New("gave up after too many attempts")

// Retry calls send until it succeeds, waiting longer after each failure
// (exponential backoff with jitter).
func Retry(attempts int, send func() error) error {
	delay := 100 * time.Millisecond
	for i := 0; i < attempts; i++ {
		if err := send(); err == nil {
			return nil
		}
		time.Sleep(delay + time.Duration(rand.Int63n(int64(delay))))
		delay *= 2
	}
	return ErrGaveUp
}
