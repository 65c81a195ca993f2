package net

import (
	"math/rand"
	"time"
)

// Policy repeats what failed, after a pause that doubles each time, with jitter.
type Policy struct {
	Attempts int
	First    time.Duration
}

func (p Policy) Do(work func() error) error {
	var err error
	pause := p.First
	for i := 0; i < p.Attempts; i++ {
		if err = work(); err == nil {
			return nil
		}
		time.Sleep(pause + time.Duration(rand.Int63n(int64(pause))))
		pause *= 2
	}
	return err
}
