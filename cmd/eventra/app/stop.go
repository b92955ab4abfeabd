package app

import (
	"context"
	"errors"
	"net"
	"time"
)

// Stop ends the instance without losing anything: it says that it is not ready,
// closes the intake, finishes requests, commits batches, hands mails over and
// closes connections. ctx bounds the requests; what follows has a bound of its
// own.
func (a *App) Stop(ctx context.Context) error {
	return errors.Join(a.server.Shutdown(ctx), a.release(ctx))
}

// abort ends what a start that failed has started.
func (a *App) abort(ctx context.Context) error {
	if a.server != nil {
		ended, cancel := context.WithCancel(ctx)
		cancel()                     // nothing is worth waiting for
		_ = a.server.Shutdown(ended) // so it says that it did not wait
	}
	return a.release(ctx)
}

// releaseTimeout bounds what follows the last answer, however long that took.
const releaseTimeout = 15 * time.Second

// release ends everything behind the server, as much of it as was started.
func (a *App) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	defer a.traces.stop(ctx)
	var errs []error
	if a.stopLoops != nil {
		a.stopLoops()
		a.loops.Wait()
	}
	for _, listener := range []net.Listener{a.listener, a.operations, a.profiles} {
		if listener != nil {
			_ = listener.Close() // the server has closed it, unless the start failed before
		}
	}
	if a.events != nil {
		if err := a.events.Close(ctx); err != nil {
			// The mailer still uses its connections, which end with the process.
			return errors.Join(append(errs, err)...)
		}
	}
	if a.queue != nil {
		a.mails.Close()
		errs = append(errs, a.queue.Close())
	}
	if a.stores != nil {
		errs = append(errs, a.stores.Close())
	}
	return errors.Join(errs...)
}
