package routing

import "testing"

func TestPlanTourVisitsEveryStopOnce(t *testing.T) {
	tour := PlanTour([][]float64{{0, 1, 9}, {1, 0, 1}, {9, 1, 0}})
	if len(tour) != 3 {
		t.Fatalf("tour of courier stops has %d stops", len(tour))
	}
}
