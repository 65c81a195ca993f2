package backoff

import "time"

// Retry repeats an operation with exponential backoff.
func Retry(operation func() error, pause time.Duration) error {
	for {
		if err := operation(); err == nil {
			return nil
		}
		time.Sleep(pause)
		pause *= 2
	}
}
