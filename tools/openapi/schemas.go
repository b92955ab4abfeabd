package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const schemaPrefix = "#/components/schemas/"

// tidy corrects swag's output anywhere in the document: package names in front of
// types, x-nullable, members without meaning, and members alongside a $ref.
func tidy(node any) any {
	switch node := node.(type) {
	case []any:
		for i := range node {
			node[i] = tidy(node[i])
		}
	case object:
		if ref, ok := node["$ref"].(string); ok {
			name := ref[len(schemaPrefix):]
			return object{"$ref": schemaPrefix + typeName(name)}
		}
		if node["uniqueItems"] == false {
			delete(node, "uniqueItems")
		}
		if node["x-nullable"] == true {
			delete(node, "x-nullable")
			node["type"] = []any{node["type"], "null"}
		}
		for key, value := range node {
			node[key] = tidy(value)
		}
	}
	return node
}

// typeName returns a Go type's name without its package.
func typeName(qualified string) string {
	return qualified[strings.LastIndexByte(qualified, '.')+1:]
}

// closed are the schemas of request bodies, in which an unknown field is an error.
var closed = []string{
	"BestAvailable", "BookingRequest", "EventFields", "EventPatch", "Login", "PaymentRequest", "Price", "RefreshToken",
	"Registration", "SeatEntry", "SeatPlan", "SectionPlan", "VenueFields", "VenuePatch",
}

// completeSchemas names the schemas and adds what swag has no annotation for.
func completeSchemas(schemas object) error {
	for qualified, schema := range schemas {
		delete(schemas, qualified)
		schemas[typeName(qualified)] = schema
	}
	fields := schemas["EventFields"].(object)
	schemas["VenueFields"] = maps.Clone(schemas["Venue"].(object))
	fields["properties"].(object)["venue"] = object{"$ref": schemaPrefix + "VenueFields"}
	schemas["EventPatch"], schemas["VenuePatch"] = patchOf(fields), patchOf(schemas["Venue"].(object))
	schemas["EventPatch"].(object)["properties"].(object)["venue"] = object{"$ref": schemaPrefix + "VenuePatch"}
	for _, name := range closed {
		schema, ok := schemas[name].(object)
		if !ok {
			return fmt.Errorf("no schema %s", name)
		}
		schema["additionalProperties"] = false
	}
	schemas["BookingRequest"].(object)["oneOf"] = eitherOf("seats", "bestAvailable")
	schemas["SeatPlan"].(object)["oneOf"] = eitherOf("sections", "seats")
	schemas["SectionPlan"].(object)["oneOf"] = eitherOf("rows", "rowCount")
	money := schemas["Money"].(object)
	money["description"] = "An amount in minor units, such as cents, of an ISO 4217 currency."
	money["required"] = []any{"amount", "currency"}
	money["properties"] = object{
		"amount":   object{"type": "integer", "format": "int64", "minimum": 0, "example": 4500},
		"currency": object{"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
	}
	schemas["FieldError"].(object)["required"] = []any{"field", "code", "message"}
	return nil
}

// patchOf makes every field optional, and those that an event need not have removable by
// null.
func patchOf(fields object) object {
	properties := object{}
	required := fields["required"].([]any)
	for name, property := range fields["properties"].(object) {
		copied := object{}
		for key, value := range property.(object) {
			if key != "default" && key != "example" {
				copied[key] = value
			}
		}
		if kind, ok := copied["type"].(string); ok && !slices.Contains(required, any(name)) {
			copied["type"] = []any{kind, "null"}
		}
		properties[name] = copied
	}
	return object{"type": "object", "properties": properties}
}

func eitherOf(fields ...string) []any {
	var either []any
	for _, field := range fields {
		either = append(either, object{"required": []any{field}})
	}
	return either
}

// sorted returns the keys of an object in order.
func sorted(o object) []string {
	keys := make([]string, 0, len(o))
	for key := range o {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
