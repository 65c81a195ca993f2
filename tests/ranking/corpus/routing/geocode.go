package routing

import "math"

type Point struct{ Lat, Lon float64 }

// Haversine is the distance of two points on the globe in metres.
func Haversine(a, b Point) float64 {
	rad := math.Pi / 180
	dLat, dLon := (b.Lat-a.Lat)*rad, (b.Lon-a.Lon)*rad
	h := math.Pow(math.Sin(dLat/2), 2) +
		math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * 6371000 * math.Asin(math.Sqrt(h))
}
