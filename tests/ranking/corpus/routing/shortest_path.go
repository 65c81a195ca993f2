package routing

import "container/heap"

// ShortestPath is Dijkstra's algorithm with a priority queue. It returns the nodes on the way.
func ShortestPath(g *Graph, from, to int) []int {
	queue := &frontier{{node: from}}
	before := map[int]int{}
	done := map[int]bool{}
	for queue.Len() > 0 {
		next := heap.Pop(queue).(visit)
		if done[next.node] {
			continue
		}
		done[next.node] = true
		if next.node == to {
			return walkBack(before, from, to)
		}
		for _, edge := range g.Neighbours(next.node) {
			if !done[edge.To] {
				before[edge.To] = next.node
				heap.Push(queue, visit{edge.To, next.cost + edge.Length})
			}
		}
	}
	return nil
}
