package routing

// PlanTour orders the stops of a courier: nearest neighbour first, then improved by 2-opt swaps.
func PlanTour(distance [][]float64) []int {
	tour := nearestNeighbour(distance)
	for improved := true; improved; {
		improved = false
		for i := 1; i < len(tour)-1; i++ {
			for j := i + 1; j < len(tour); j++ {
				if swapGain(distance, tour, i, j) > 0 {
					reverse(tour[i : j+1])
					improved = true
				}
			}
		}
	}
	return tour
}

func reverse(stops []int) {
	for i, j := 0, len(stops)-1; i < j; i, j = i+1, j-1 {
		stops[i], stops[j] = stops[j], stops[i]
	}
}
