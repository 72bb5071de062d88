//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

// netEcho is the server over package net: one goroutine a connection. It ends when standard input does.
func netEcho([]string) error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening", l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go echo(c)
	}
}

// echo returns what comes, until the client closes.
func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, block)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}
