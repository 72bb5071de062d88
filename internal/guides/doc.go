// Package guides holds the documents to what they show: every code block of the README and of docs is compiled and run, and what it
// prints is compared with what the document says that it prints. It has no code of its own; run it with
//
//	go test ./internal/guides -run 'TestBlocks/guide-programs'
//
// The language of a block, the word behind its fence, says what becomes of it.
//
// A block in "go" is a program if it has a func main, a file of a test if it has a test, and otherwise a part of the next block that
// is one of these. With the word "prelude" behind the language it is the beginning of all blocks after it that are neither. It is formatted by gofmt. It may leave out the package clause and the imports, which goimports would add, too; the
// list is in program_test.go. All programs of all documents are built at once, in a module of their own, as a reader would; a
// program that uses cortexm is firmware, built by TinyGo and run on an emulated board. Programs run with GOMAXPROCS=1, and so with one
// worker: on a busy machine, two workers might print in another order what is milliseconds apart.
//
// A block in "sh" is run by bash in the root of the repository, or, with the word "tests" behind the language, in a module that has
// the tests that the document has shown so far.
//
// A block in "text" is what the block before it prints, on standard output and standard error. Without one, a program and a test must
// not print anything but for the framework's own lines, and commands may print what they like. A status other than 0 is printed
// as the go command prints it, "exit status 1", and must be shown. White space counts once; a line "..." stands for any lines; "…" stands for anything
// in a line. Of commands, moreover, a duration stands for any duration, because it may be measured: "3.5ms", "1m2s".
//
// A block without a language is a picture, and nothing else.
//
// What the machine may lack is named behind the language: needs=uring, needs=cortexm; programs that call tripoint need the former by
// themselves. More words: stdin=TEXT is what a firmware receives, with \n and \r as in Go; makes=FILE is what a command leaves in the root, to be removed.
package guides
