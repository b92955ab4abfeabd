// A stand-in for Eventra, by which the launcher's tests see how it treats the program.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	subcommand := os.Args[1]
	fmt.Println("fake eventra", subcommand)
	if os.Getenv("FAKE_FAIL") == subcommand {
		os.Exit(3)
	}
	if subcommand != "serve" {
		return
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("POST /die", func(http.ResponseWriter, *http.Request) { os.Exit(5) })
	go func() {
		fmt.Println(http.ListenAndServe(os.Getenv("EVENTRA_HTTP_ADDR"), nil))
		os.Exit(4)
	}()
	<-ctx.Done()
	fmt.Println("fake eventra stopped in good order")
}
