package net

import "testing"

func TestClientRetriesFailedRequests(t *testing.T) {
	calls := 0
	policy := Policy{Attempts: 3}
	policy.Do(func() error { calls++; return errFailed })
	if calls != 3 {
		t.Fatalf("request was retried %d times", calls)
	}
}
