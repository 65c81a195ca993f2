package routing

// Graph is a road network: nodes are crossings, edges have a length in metres.
type Graph struct {
	edges map[int][]Edge
}

type Edge struct {
	To     int
	Length float64
}

func (g *Graph) AddEdge(from, to int, length float64) {
	g.edges[from] = append(g.edges[from], Edge{To: to, Length: length})
	g.edges[to] = append(g.edges[to], Edge{To: from, Length: length})
}

func (g *Graph) Neighbours(node int) []Edge { return g.edges[node] }
