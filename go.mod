module github.com/tripoint-go/tripoint

go 1.26
