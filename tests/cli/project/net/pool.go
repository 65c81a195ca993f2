package net

import "sync"

// ConnectionPool keeps open connections for the next request.
type ConnectionPool struct {
	mutex sync.Mutex
	idle  []Connection
	limit int
}

// Connection is an open connection to a server.
type Connection interface {
	Close() error
}

// Take returns an idle connection, or opens one with dial.
func (p *ConnectionPool) Take(dial func() (Connection, error)) (Connection, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if n := len(p.idle); n > 0 {
		connection := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return connection, nil
	}
	return dial()
}

// Give puts a connection back, or closes it if the pool is full.
func (p *ConnectionPool) Give(connection Connection) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.idle) >= p.limit {
		connection.Close()
		return
	}
	p.idle = append(p.idle, connection)
}
