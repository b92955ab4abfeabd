package stack

import (
	"context"
)

func startMail(ctx context.Context, folder *Folder) (*service, error) {
	return &service{name: "mail", stop: func() {}}, nil
}
