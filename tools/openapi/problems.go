package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kinds are the problems of the API by their codes, as the program's source has them.
type kinds map[string]kind

// kind is a row of the table from codes to statuses.
type kind struct {
	status       int
	title, seats string
}

// source is what the document takes from the program's source: the problems, and the codes
// of faults in a request's fields.
type source struct {
	problems   kinds
	fieldCodes []string
}

// readSource reads the packages of a module's root and of its folder http.
func readSource(root string) (*source, error) {
	s := &source{problems: kinds{}}
	codes, faults := map[string]string{}, map[string]bool{}
	var table *ast.CompositeLit
	for _, pattern := range []string{"*.go", "http/*.go"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			ast.Inspect(file, func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.ValueSpec:
					table = cmp.Or(constants(node, codes), table)
				case *ast.CallExpr:
					if code, ok := faultOf(node); ok {
						faults[code] = true
					}
				}
				return true
			})
		}
	}
	for code := range faults {
		s.fieldCodes = append(s.fieldCodes, code)
	}
	slices.Sort(s.fieldCodes)
	if table == nil {
		return nil, fmt.Errorf("no table of problems below %s", root)
	}
	return s, s.problems.read(table, codes)
}

// constants notes constants of the type Code by their names. It returns the table of
// problems, if that is it.
func constants(spec *ast.ValueSpec, codes map[string]string) *ast.CompositeLit {
	for i, name := range spec.Names {
		if i >= len(spec.Values) {
			continue
		}
		switch value := spec.Values[i].(type) {
		case *ast.BasicLit:
			if strings.HasPrefix(strings.ToLower(name.Name), "code") {
				codes[name.Name], _ = strconv.Unquote(value.Value)
			}
		case *ast.CompositeLit:
			if name.Name == "problems" {
				return value
			}
		}
	}
	return nil
}

// faultOf returns the code of a call such as faults.Add("title", "length", "…").
func faultOf(call *ast.CallExpr) (code string, ok bool) {
	method, _ := call.Fun.(*ast.SelectorExpr)
	if method == nil || method.Sel.Name != "Add" || len(call.Args) < 3 {
		return "", false
	}
	literal, _ := call.Args[1].(*ast.BasicLit)
	if literal == nil || literal.Kind != token.STRING {
		return "", false
	}
	code, err := strconv.Unquote(literal.Value)
	return code, err == nil && snakeCase.MatchString(code)
}

var snakeCase = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

func (k kinds) read(table *ast.CompositeLit, codes map[string]string) error {
	for _, element := range table.Elts {
		row := element.(*ast.KeyValueExpr)
		name := ""
		switch key := row.Key.(type) {
		case *ast.Ident:
			name = key.Name
		case *ast.SelectorExpr:
			name = key.Sel.Name
		}
		code := codes[name]
		if code == "" {
			return fmt.Errorf("the code %s has no text", name)
		}
		var read kind
		for _, field := range row.Value.(*ast.CompositeLit).Elts {
			pair := field.(*ast.KeyValueExpr)
			literal, _ := pair.Value.(*ast.BasicLit)
			if literal == nil {
				continue
			}
			switch text := strings.Trim(literal.Value, `"`); pair.Key.(*ast.Ident).Name {
			case "status":
				read.status, _ = strconv.Atoi(text)
			case "title":
				read.title = text
			case "seats":
				read.seats = text
			}
		}
		k[code] = read
	}
	return nil
}

// codesIn finds the codes in a response's description, such as "sale_closed; seat_exists, with
// seats". Each must belong to the status.
func (k kinds) codesIn(status, description string) ([]string, error) {
	var found []string
	for clause := range strings.SplitSeq(description, ";") {
		code := firstWord.FindString(strings.TrimSpace(clause))
		if row, known := k[code]; !known || strconv.Itoa(row.status) != status {
			return nil, fmt.Errorf("%s: %q begins with no code of that status", status, clause)
		}
		found = append(found, code)
	}
	return found, nil
}

var firstWord = regexp.MustCompile(`^[a-z_]+`)

// examples are one example for each code.
func (k kinds) examples() object {
	examples := object{}
	for code, row := range k {
		value := object{
			"type": "urn:eventra:problem:" + code, "title": row.title, "status": row.status, "detail": strings.ToLower(row.title[:1]) + row.title[1:],
			"instance": "/api/v1/bookings", "code": code, "requestId": "018f4c1e-7b9a-7c3d-9e2f-0a1b2c3d4e5f",
		}
		if row.seats != "" {
			value[row.seats] = []any{"A-3-12", "A-3-13"}
		}
		if code == "validation_failed" {
			value["errors"] = []any{object{"field": "seats[0]", "code": "invalid_seat", "message": "must be a seat's name such as A-3-12"}}
		}
		examples[code] = object{"summary": row.title, "value": value}
	}
	return examples
}
