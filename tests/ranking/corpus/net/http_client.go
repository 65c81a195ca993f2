package net

import "net/http"

// Client sends requests to partners and adds our headers.
type Client struct {
	inner *http.Client
	retry Policy
}

func (c *Client) Get(url string) (*http.Response, error) {
	var response *http.Response
	err := c.retry.Do(func() error {
		var err error
		response, err = c.inner.Get(url)
		return err
	})
	return response, err
}
