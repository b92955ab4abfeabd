package mailsink

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // reads other character sets than UTF-8
	"github.com/emersion/go-message/mail"
)

// A Message is a caught mail.
type Message struct {
	ID         string    `json:"id"`
	MessageID  string    `json:"messageId"` // without angle brackets
	From       string    `json:"from"`      // the address of the envelope
	To         []string  `json:"to"`        // the addresses of the envelope
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	HTML       string    `json:"html"`
	ReceivedAt time.Time `json:"receivedAt"` // UTC

	Headers     []Header     `json:"-"` // in their order in the mail
	Attachments []Attachment `json:"-"`

	raw []byte
}

// A Header is one decoded header field.
type Header struct{ Name, Value string }

// An Attachment is a part that is neither the text nor the HTML of the mail.
type Attachment struct {
	Name        string
	ContentType string
	ContentID   string // by which the HTML part shows it, as cid:…; may be empty
	Content     []byte
}

// Header returns the value of the first header field with that name.
func (m *Message) Header(name string) string {
	for _, header := range m.Headers {
		if strings.EqualFold(header.Name, name) {
			return header.Value
		}
	}
	return ""
}

// parse reads a mail in its form on the wire. A mail catcher has to show every mail, right or wrong, so the text of a mail that
// cannot be parsed is its source.
func parse(raw []byte) *Message {
	m := &Message{raw: raw}
	entity, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		m.Text = fmt.Sprintf("(this mail cannot be parsed: %v)\n\n%s", err, raw)
		return m
	}

	header := mail.Header{Header: entity.Header}
	m.Subject, _ = header.Subject()
	m.MessageID, _ = header.MessageID()
	for fields := header.Fields(); fields.Next(); {
		value, err := fields.Text()
		if err != nil {
			value = fields.Value()
		}
		m.Headers = append(m.Headers, Header{fields.Key(), value})
	}

	if err := entity.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return err
		}
		return m.addPart(part)
	}); err != nil {
		m.Text += fmt.Sprintf("\n\n(the rest of this mail cannot be parsed: %v)", err)
	}
	return m
}

func (m *Message) addPart(part *message.Entity) error {
	contentType, parameters, err := part.Header.ContentType()
	if err != nil {
		contentType = "application/octet-stream"
	}
	if strings.HasPrefix(contentType, "multipart/") {
		return nil // its parts follow
	}
	content, err := io.ReadAll(part.Body)
	if err != nil {
		return err
	}

	disposition, dispositionParameters, _ := part.Header.ContentDisposition()
	switch {
	case contentType == "text/plain" && disposition != "attachment" && m.Text == "":
		m.Text = string(content)
	case contentType == "text/html" && disposition != "attachment" && m.HTML == "":
		m.HTML = string(content)
	default:
		name := dispositionParameters["filename"]
		if name == "" {
			name = parameters["name"]
		}
		if name == "" {
			name = "part" + fileExtension(contentType)
		}
		m.Attachments = append(m.Attachments, Attachment{
			Name:        name,
			ContentType: contentType,
			ContentID:   strings.Trim(part.Header.Get("Content-Id"), "<> "),
			Content:     content,
		})
	}
	return nil
}

func fileExtension(contentType string) string {
	extensions, err := mime.ExtensionsByType(contentType)
	if err != nil || len(extensions) == 0 {
		return ""
	}
	return extensions[0]
}
