// SPDX-License-Identifier: MIT
// What the files embed_*.c share: where everything lies on the machine, and the pieces of the module.
//
// State is one block of memory, addressed from its pointer by numbers known here:
//
//   step (i32) | for each population: place in its ring (i32) | rings of spikes | constants that change | fields
//
// The fields of a neuron lie side by side, so that one pointer reaches them all at short distances; in vectors each field is an array.
//
// Spikes of a step are a bit a neuron; a ring holds as many steps as the longest delay needs, and two more: the one that is read at
// the earliest and the one that is written. The slot of the coming step is empty, so that net_inject may set bits in it.
#ifndef SNNC_EMBED_INTERNAL_H
#define SNNC_EMBED_INTERNAL_H
#include "gen/embed.h"
#include "gen/kernel.h"

typedef enum { PLACE_NONE, PLACE_VALUE /* a number in the code */, PLACE_TABLE /* constant memory */, PLACE_PALETTE, PLACE_MULTIPLE /* constant memory, packed */, PLACE_DRAWN /* a function, `table` */,
               PLACE_SCALAR /* state, one for all */, PLACE_ARRAY /* state */ } PlaceKind;
typedef struct Place {
    PlaceKind kind; bool live; uint32_t offset, stride /* bytes, of an array */; double value; uint32_t n;
    Val table;                                   // or initial values of an ARRAY
    unsigned bits;                               // of an entry of `table`: PALETTE: an index into `palette`; MULTIPLE: a signed number, times `value`, or times the target's entry of `levels`
    Val palette, levels; uint32_t levels_from;   // first target of `levels`
} Place;
typedef struct PopPlan { uint32_t pos, ring, words, slots, ports, records, record /* bytes of one neuron's states, 0: arrays */; Val step; } PopPlan;   // words of one port and step; offsets of state in bytes
typedef enum { ROWS_TABLE, ROWS_GAP, ROWS_PICK, ROWS_GRID } RowsKind;          // how targets of a source are found: a table, or rows.h
typedef struct ProjPlan { RowsKind rows; Val rule; uint32_t walk_bytes; Val row, col, colptr, colsyn, colsrc; Typ row_type, col_type, colptr_type, colsyn_type, colsrc_type; Val deliver, pre_jump, post, post_jump, advance, collect; } ProjPlan;

typedef struct Embed {
    Gen *g; const Net *net; const EmbedImage *image; EmbedOptions opt; EmbedReport *report;
    Place *field; uint32_t *k_place;             // k_place: offset + 1 of a constant that changes
    PopPlan *pop; ProjPlan *proj;
    uint32_t stepping;                           // population whose step is emitted
    uint32_t align, used;                        // of the state; bytes given away so far
    uint32_t kept_from;                          // fields from here on
    struct EmbedEvents *events;                  // embed_events.c; NULL: the network runs on the clock
} Embed;

// embed_plan.c
void plan_make(Embed *e);
bool plan_is_input(const Embed *e, uint32_t field);               // set by firmware
int plan_extern(const Embed *e, const Extern *x);                 // the field of an input or state, -1: there is none
bool plan_live(const Embed *e, const Assign *a);                 // is the assignment to be carried out?
uint32_t plan_room(Embed *e, uint32_t bytes, uint32_t align);
const void *plan_values(const Embed *e, uint32_t field);         // of the image, initial
double plan_number(const Embed *e, uint32_t field, const void *values, uint32_t i);
void plan_size(Embed *e, EmbedSizeKind kind, bool flash, const char *what, uint32_t bytes);
const char *plan_owner_name(const Embed *e, uint32_t field);
void plan_constant(Embed *e, uint32_t field, const void *values, uint32_t n);
// embed_rows.c: connections without tables
void rows_plan(Embed *e, uint32_t proj, const bool *written);
bool rows_could_draw(const Embed *e, uint32_t proj);             // would `procedural = true` do away with its tables?
void rows_place(Embed *e, uint32_t field);
Val rows_load(Kernel *k, Bld b, uint32_t field);
typedef struct RowsLoop { Block head, exit; Val target /* counted from the slice's first */, element /* ROWS_GRID: place in the kernel, else NULL */; } RowsLoop;
RowsLoop rows_open(Kernel *k, const ProjPlan *o);                // k.pre spiked; leaves the element's builder in the loop
void rows_close(Kernel *k, RowsLoop *l);
// embed_pack.c: constants in fewer bits than 32, without loss
bool pack_place(Embed *e, uint32_t field, const uint32_t *values, uint32_t n);     // false: there is no such way
Val pack_load(Kernel *k, Bld b, NetOp op, uint32_t field);
// embed_data.c: constant tables
Val data_reals(Embed *e, uint32_t field, const void *values, uint32_t n, const char *name);
Val data_numbers(Embed *e, const uint32_t *at, uint32_t n, Typ *type, const char *name);   // the narrowest type that holds all
Val data_bytes(Embed *e, const void *at, size_t n, const char *name);
static inline uint32_t data_packed_bytes(uint32_t n, unsigned bits) { return (uint32_t)(((uint64_t)n * bits + 7) / 8); }
Val data_packed(Embed *e, const uint32_t *at, uint32_t n, unsigned bits, const char *name);    // the low `bits` of each, 1 to 16, several in a byte
Val data_global(Embed *e, Val init, const char *name);
// embed_code.c: how kernels find things
bool embed_single(const Embed *e, uint32_t field);               // one value for all
Val embed_load(Kernel *k, NetOp op, uint32_t field, int level);
Val embed_index(const Kernel *k, NetOp op);
Val embed_address(Kernel *k, Bld b, NetOp op, uint32_t field);
Val embed_context(Kernel *k, KernelMember m);
Val embed_constant(Kernel *k, Bld b, uint32_t slot);
Val embed_state(Gen *g, Bld b, Val state, uint32_t offset);      // pointer into the state
void embed_open(Kernel *k, Embed *e, const char *name, Typ type);
// embed_step.c, embed_synapse.c
void embed_step(Embed *e, uint32_t pop);
void embed_synapses(Embed *e, uint32_t proj);                    // on events: kernels of one source or target
// embed_events.c
bool events_on(const Net *n);
void events_plan(Embed *e);
void events_fields(const Embed *e, void (*field)(void *self, uint32_t f, bool written), void *self);
void events_tables(Embed *e);
void events_init(Embed *e, Bld b, Val state);
void events_finish(Embed *e);
Val events_board(Embed *e);
Val events_time(Kernel *k, Bld b);
// embed_api.c
void api_emit(Embed *e);
Val embed_function(Embed *e, const char *what, Typ result, Typ *params, unsigned n);     // exported, state first
const char *embed_c_name(Embed *e, const char *a, const char *b);
Val embed_flush_begin(Embed *e, Bld b);                          // subnormals are zeros from here on; NULL: that needs nothing
void embed_flush_end(Embed *e, Bld b, Val mode);
void board_emit(Embed *e);
// Loop over the set bits of the words first_word up to before end_word at `bits`: b moves into the body with *index set (i32); bits_close leaves b behind it.
typedef struct BitLoop { Block head, inner, latch, next, exit; Val w, rest, index; } BitLoop;
BitLoop bits_open(Gen *g, Bld b, Val fn, Val bits, Val first_word, Val end_word);
void bits_close(Gen *g, Bld b, BitLoop *l);
#endif
