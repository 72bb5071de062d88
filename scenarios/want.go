package scenarios

import "fmt"

// want turns a condition into the error of a property that does not hold.
func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}
