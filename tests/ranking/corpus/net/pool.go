package net

// Pool keeps connections open for later use, at most size of them.
type Pool struct {
	idle chan Conn
	dial func() (Conn, error)
}

// Get takes an idle connection or dials a new one.
func (p *Pool) Get() (Conn, error) {
	select {
	case conn := <-p.idle:
		return conn, nil
	default:
		return p.dial()
	}
}

// Put gives a connection back; a full pool closes it.
func (p *Pool) Put(conn Conn) {
	select {
	case p.idle <- conn:
	default:
		conn.Close()
	}
}
