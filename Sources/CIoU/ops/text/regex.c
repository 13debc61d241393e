/* Regular expressions: a program for each, of which all ways are followed at once. */
#include "ops/text/regex.h"

#include "ops/text/regex_parse.h"

#include <string.h>

enum { MAX_INSTRUCTIONS = 20000, NO_CHARACTER = -1 };

typedef enum { TAKE, CHECK, SPLIT, ACCEPT } operation;

typedef struct instruction {
    operation operation;
    const iou_regex_class *class; /* TAKE: a character of it */
    iou_regex_place place;        /* CHECK */
    int next, other;              /* SPLIT goes on at both */
} instruction;

struct iou_regex {
    instruction *program;
    int count, capacity;
};

/* ---- Programs ------------------------------------------------------------------------------ */

typedef struct writer {
    iou_regex *regex;
    iou_arena *memory;
    iou_error *error;
} writer;

/** Adds an instruction that goes on at the one behind it. */
static iou_status add(const writer *w, operation what, int *index) {
    iou_regex *r = w->regex;
    IOU_FAIL_IF(r->count == MAX_INSTRUCTIONS, IOU_LIMIT, w->error,
                "pattern: expected at most %d instructions for it, found more", MAX_INSTRUCTIONS);
    if (r->count == r->capacity) {
        const int capacity = r->capacity ? 2 * r->capacity : 64;
        instruction *grown = iou_arena_alloc(w->memory, sizeof *grown * (size_t)capacity);
        IOU_FAIL_IF(!grown, IOU_OUT_OF_MEMORY, w->error, "no memory for the pattern");
        if (r->count > 0) {
            memcpy(grown, r->program, sizeof *grown * (size_t)r->count);
        }
        r->program = grown;
        r->capacity = capacity;
    }
    *index = r->count++;
    r->program[*index] = (instruction){.operation = what, .next = *index + 1, .other = -1};
    return IOU_OK;
}

/** Adds an instruction that goes on elsewhere alone. */
static iou_status add_jump(const writer *w, int to, int *index) {
    IOU_TRY(add(w, SPLIT, index));
    w->regex->program[*index].next = to;
    return IOU_OK;
}

static iou_status write(const writer *w, const iou_regex_node *node);

/** One child or the next; those that are done go on behind the last. */
static iou_status write_any(const writer *w, const iou_regex_node *node) {
    int done = -1; /* a list of jumps, each of which holds the one before */
    for (const iou_regex_node *child = node->first; child; child = child->next) {
        int split = -1, jump;
        if (child->next) {
            IOU_TRY(add(w, SPLIT, &split));
        }
        IOU_TRY(write(w, child));
        if (child->next) {
            IOU_TRY(add_jump(w, done, &jump));
            done = jump;
            w->regex->program[split].other = w->regex->count;
        }
    }
    while (done >= 0) {
        const int before = w->regex->program[done].next;
        w->regex->program[done].next = w->regex->count;
        done = before;
    }
    return IOU_OK;
}

static iou_status write_repeat(const writer *w, const iou_regex_node *node) {
    int split, jump;
    for (int i = 0; i < node->least; i++) {
        IOU_TRY(write(w, node->first));
    }
    if (node->most < 0) {
        IOU_TRY(add(w, SPLIT, &split));
        IOU_TRY(write(w, node->first));
        IOU_TRY(add_jump(w, split, &jump));
        w->regex->program[split].other = w->regex->count;
        return IOU_OK;
    }
    for (int i = node->least; i < node->most; i++) { /* each may be the last */
        IOU_TRY(add(w, SPLIT, &split));
        IOU_TRY(write(w, node->first));
        w->regex->program[split].other = w->regex->count;
    }
    return IOU_OK;
}

/** As deep as groups are nested, which the parser limits. */
static iou_status write(const writer *w, const iou_regex_node *node) {
    int index;
    switch (node->kind) {
    case IOU_REGEX_CLASS:
        IOU_TRY(add(w, TAKE, &index));
        w->regex->program[index].class = &node->class;
        return IOU_OK;
    case IOU_REGEX_PLACE:
        IOU_TRY(add(w, CHECK, &index));
        w->regex->program[index].place = node->place;
        return IOU_OK;
    case IOU_REGEX_ALL:
        for (const iou_regex_node *child = node->first; child; child = child->next) {
            IOU_TRY(write(w, child));
        }
        return IOU_OK;
    case IOU_REGEX_ANY: return write_any(w, node);
    case IOU_REGEX_REPEAT: return write_repeat(w, node);
    }
    return IOU_OK;
}

iou_status iou_regex_compile(const iou_text *pattern, iou_arena *memory, const iou_regex **regex,
                             iou_error *error) {
    iou_regex_node *tree;
    iou_regex *made = iou_arena_alloc(memory, sizeof *made);
    IOU_FAIL_IF(!made, IOU_OUT_OF_MEMORY, error, "no memory for the pattern");
    IOU_TRY(iou_regex_parse(pattern, memory, &tree, error));
    const writer w = {made, memory, error};
    int last;
    IOU_TRY(write(&w, tree));
    IOU_TRY(add(&w, ACCEPT, &last));
    *regex = made;
    return IOU_OK;
}

/* ---- Matches ------------------------------------------------------------------------------- */

/** Where all ways through the program are, before a character. */
typedef struct ways {
    int *at; /* instructions, each once */
    int count;
} ways;

typedef struct matcher {
    const iou_regex *regex;
    int *stack;             /* of instructions to look at; each is on it at most twice */
    int *seen;              /* of each instruction, the character that it was reached before last */
    int number;             /* of the character, from 1 on */
    int64_t before, behind; /* characters around the place */
} matcher;

size_t iou_regex_scratch(const iou_regex *regex) {
    return 5 * sizeof(int) * ((size_t)regex->count + 1);
}

static bool holds(const matcher *m, iou_regex_place place) {
    const bool left = m->before >= 0 && iou_regex_is_word((uint32_t)m->before);
    const bool right = m->behind >= 0 && iou_regex_is_word((uint32_t)m->behind);
    switch (place) {
    case IOU_REGEX_BEGIN: return m->before == NO_CHARACTER;
    case IOU_REGEX_END: return m->behind == NO_CHARACTER;
    case IOU_REGEX_WORD_EDGE: return left != right;
    case IOU_REGEX_NO_WORD_EDGE: return left == right;
    }
    return false;
}

/** Adds the instructions that are reached from `first` without taking a character. */
static void follow(matcher *m, ways *to, int first) {
    int depth = 0;
    m->stack[depth++] = first;
    while (depth > 0) {
        const int at = m->stack[--depth];
        const instruction *i = &m->regex->program[at];
        if (m->seen[at] == m->number) {
            continue;
        }
        m->seen[at] = m->number;
        if (i->operation == TAKE || i->operation == ACCEPT) {
            to->at[to->count++] = at;
        } else if (i->operation == SPLIT || holds(m, i->place)) {
            m->stack[depth++] = i->next;
            if (i->other >= 0) {
                m->stack[depth++] = i->other;
            }
        }
    }
}

static bool has(const iou_regex_class *class, uint32_t character) {
    bool found = false;
    for (int i = 0; i < class->count && !found; i++) {
        found = character >= class->ranges[i].first && character <= class->ranges[i].last;
    }
    return found != class->negated;
}

/** The character at a byte, or none at the end. */
static int64_t look(const iou_text *text, size_t at, size_t *next) {
    *next = at;
    return at < iou_text_length(text) ? (int64_t)iou_text_next(text->bytes, next) : NO_CHARACTER;
}

bool iou_regex_matches(const iou_regex *regex, const iou_text *text, void *scratch) {
    const size_t count = (size_t)regex->count + 1;
    int *memory = scratch;
    ways now = {memory, 0}, then = {memory + count, 0};
    matcher m = {.regex = regex,
                 .stack = memory + 2 * count,
                 .seen = memory + 4 * count,
                 .number = 1,
                 .before = NO_CHARACTER};
    size_t at = 0, next;
    memset(m.seen, 0, sizeof(int) * count);
    m.behind = look(text, 0, &next);
    follow(&m, &now, 0);
    while (m.behind != NO_CHARACTER && now.count > 0) {
        const uint32_t character = (uint32_t)m.behind;
        at = next;
        m.before = m.behind;
        m.behind = look(text, at, &next);
        m.number++;
        then.count = 0;
        for (int i = 0; i < now.count; i++) {
            const instruction *way = &regex->program[now.at[i]];
            if (way->operation == TAKE && has(way->class, character)) {
                follow(&m, &then, way->next);
            }
        }
        const ways before = now;
        now = then;
        then = before;
    }
    bool accepted = false;
    for (int i = 0; i < now.count; i++) {
        accepted = accepted || regex->program[now.at[i]].operation == ACCEPT;
    }
    return accepted && m.behind == NO_CHARACTER;
}
