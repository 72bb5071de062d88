package sched

import "github.com/tripoint-go/tripoint/backend"

// Digest is the id under which a value stands in the trace: integers and booleans stand for themselves, texts and errors
// for their hash, a value of any other type is 0. It takes a pointer so that nothing is boxed.
func Digest[T any](v *T) int64 {
	switch p := any(v).(type) {
	case *int:
		return int64(*p)
	case *int64:
		return *p
	case *int32:
		return int64(*p)
	case *uint64:
		return int64(*p)
	case *uint32:
		return int64(*p)
	case *byte:
		return int64(*p)
	case *bool:
		if *p {
			return 1
		}
	case *string:
		return backend.Digest(*p)
	case *error:
		if *p != nil {
			return backend.Digest((*p).Error())
		}
	}
	return 0
}
