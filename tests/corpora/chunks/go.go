// Package pool keeps connections open.
package pool

import "sync"

// Limit is how many are kept.
const Limit = 8

var (
	shared *Pool
	count  int
)

// Pool keeps connections open.
type Pool struct {
	mu   sync.Mutex
	free []int
}

// Taker takes.
type Taker interface {
	Take() (int, error)
}

// Take takes one.
func (p *Pool) Take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free[0], nil
}

func New() *Pool {
	return &Pool{}
}
