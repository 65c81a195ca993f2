package net

import "time"

// TokenBucket limits how often a partner may call us.
type TokenBucket struct {
	tokens, burst, perSecond float64
	last                     time.Time
}

func (b *TokenBucket) Allow(now time.Time) bool {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.perSecond)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
