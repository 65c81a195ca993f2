package routing

type visit struct {
	node int
	cost float64
}

// frontier implements heap.Interface, cheapest visit first.
type frontier []visit

func (f frontier) Len() int           { return len(f) }
func (f frontier) Less(i, j int) bool { return f[i].cost < f[j].cost }
func (f frontier) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)        { *f = append(*f, x.(visit)) }
func (f *frontier) Pop() any {
	old := *f
	last := old[len(old)-1]
	*f = old[:len(old)-1]
	return last
}

func walkBack(before map[int]int, from, to int) []int {
	path := []int{to}
	for to != from {
		to = before[to]
		path = append([]int{to}, path...)
	}
	return path
}
