// simdjson's document model, as far as two hot paths need it, behind plain C.
//
// A value is a place in a parser's document: it is good until that parser parses again or is
// freed. Nothing here throws; what is absent or of another type answers 0.
#ifndef C_SIMDJSON_H
#define C_SIMDJSON_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct { const void *document; size_t index; } json_value;
// The children of an array or object still to come.
typedef struct { json_value next; json_value end; } json_children;

typedef enum {
  JSON_NULL, JSON_BOOL, JSON_INTEGER, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT
} json_kind;

void *json_parser_create(void);
void json_parser_destroy(void *parser);
// Copies `length` bytes, so they may go away afterwards. Returns NULL, or why not.
const char *json_parse(void *parser, const char *bytes, size_t length, json_value *root);

json_kind json_kind_of(json_value value);
int json_bool(json_value value, int *out);
int json_int64(json_value value, int64_t *out);
int json_double(json_value value, double *out);
// UTF-8, not NUL-terminated, escapes resolved.
int json_string(json_value value, const char **bytes, size_t *length);
int json_member(json_value object, const char *key, size_t length, json_value *out);
int json_array_children(json_value array, json_children *out);
int json_object_children(json_value object, json_children *out);
int json_next_element(json_children *children, json_value *element);
int json_next_member(
    json_children *children, const char **key, size_t *key_length, json_value *value);

#ifdef __cplusplus
}
#endif
#endif
