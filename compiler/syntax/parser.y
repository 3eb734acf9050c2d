/* SPDX-License-Identifier: MIT */
/* The grammar of .snn. Actions only build nodes (ast.def). Newlines mean nothing: an item ends where the next word cannot continue
   it. tokens.c has told keywords from names, so there are no conflicts; a `for` that begins a loop is the token FOR_EACH. */
%require "3.8"
%define api.pure full
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%param {Parser *p}
%locations
%code requires {
#include "syntax/tokens.h"
}
%code {
#define YYMAXDEPTH 8000
#define YYLLOC_DEFAULT(Current, Rhs, N) \
    do { \
        if (N) (Current) = span_join(YYRHSLOC(Rhs, 1), YYRHSLOC(Rhs, N)); \
        else (Current) = (Span){YYRHSLOC(Rhs, 0).file, YYRHSLOC(Rhs, 0).pos + YYRHSLOC(Rhs, 0).len, 0}; \
    } while (0)
#define NODE(Kind, at, ...) parser_node(p, AST_##Kind, at, &(Ast##Kind){.base = {0}, __VA_ARGS__}, sizeof(Ast##Kind))
#define NAMED(field, token) .field = (token)->text, .field##_span = (token)->span
#define MAYBE(field, token) .field = (token) ? (token)->text : NULL, .field##_span = (token) ? (token)->span : no_span
#define PUSH(list, node) parser_list(p, &(list), node)
#define PUSH_ALL(list, more) do { for (uint32_t i_ = 0; i_ < (more).n; i_++) PUSH(list, (more).at[i_]); } while (0)
#define ONE(list, node) do { (list) = (AstList){0}; parser_list(p, &(list), node); } while (0)
#define BINARY(at, code, l, r) NODE(Binary, at, .op = code, .left = l, .right = r)
#define RECOVER(top) do { if (!parser_recover(p, top)) YYABORT; yyclearin; yyerrok; } while (0)
static const Span no_span;
static int yylex(YYSTYPE *value, YYLTYPE *at, Parser *p);
static void yyerror(const YYLTYPE *at, Parser *p, const char *text);
}
%union { const Token *token; Ast *node; AstList list; int code; AstConnect *connect; }

%token <token> IDENT "a name" NUMBER "a number" STRING "a string"
%token ARROW "->" DOTS ".." LE "<=" GE ">=" EQ "==" NE "!=" PRIME "''' (a derivative)"
%token ADD_SET "+=" SUB_SET "-=" MUL_SET "*=" DIV_SET "/=" FOR_EACH "for"
%token YYEOF 0 "the end of the file"
%token KW_if "if" KW_then "then" KW_else "else" KW_while "while" KW_for "a duration ('for')" KW_and "and" KW_or "or" KW_not "not" KW_true "true" KW_false "false"
%token KW_import "import" KW_neuron "neuron" KW_synapse "synapse" KW_plasticity "plasticity" KW_encoder "encoder" KW_decoder "decoder"
%token KW_fn "fn" KW_circuit "circuit" KW_network "network" KW_experiment "experiment"
%token KW_param "param" KW_const "const" KW_state "state" KW_weight "weight" KW_input "input" KW_output "output" KW_port "port" KW_extern "extern" KW_let "let"
%token KW_kernel "kernel" KW_solve "solve" KW_spike "spike" KW_on "on" KW_step "step" KW_drive "drive" KW_refractory "refractory"
%token KW_emit "emit" KW_population "population" KW_connect "connect" KW_use "use" KW_dt "dt" KW_seed "seed" KW_record "record"
%token KW_run "run" KW_discard "discard" KW_present "present" KW_print "print" KW_yield "yield" KW_sweep "sweep" KW_repeat "repeat"
%token KW_set "set" KW_reset "reset" KW_save "save" KW_load "load" KW_normalise "normalise" KW_data "data" KW_engine "engine"
%token KW_in "in" KW_by "by" KW_where "where" KW_via "via" KW_delay "delay" KW_axonal "axonal" KW_dendritic "dendritic"
%token KW_plastic "plastic" KW_into "into" KW_at "at" KW_every "every" KW_from "from" KW_to "to" KW_of "of" KW_as "as" KW_scale "scale"
%token KW_hold "hold" KW_when "when" KW_with "with" KW_rate "rate" KW_once "once" KW_crosses "crosses" 
%token <token> KW_rising "rising" KW_falling "falling"
%token KW_event "event"

%precedence KW_else
%left KW_or
%left KW_and
%precedence KW_not
%nonassoc '<' '>' LE GE EQ NE
%left '+' '-'
%left '*' '/' '%'
%precedence NEG
%right '^'

%type <token> maybe_as maybe_name edge
%type <list> items members circuit_members statements block model_body circuit_body exprs maybe_args args params formals maybe_formals
%type <list> names lets dotted indices maybe_dims populations sweep_heads handler maybe_handler
%type <node> item member circuit_member statement let drive drawn_drive expr postfix call drawn arg arg_value index iteration closed param maybe_type type
%type <node> maybe_every maybe_scale maybe_when maybe_repeat maybe_from maybe_for maybe_at maybe_of population if sweep_head spike
%type <code> model_word assign_op
%type <connect> connect clause

%start file
%initial-action { @$ = (Span){p->file, 0, 0}; }
%%
file: items         { (void)yynerrs; p->result = (AstFile *)NODE(File, @$, .items = $1); }
    ;
items: %empty       { $$ = (AstList){0}; }
    | items item    { $$ = $1; PUSH($$, $2); }
    | items ';'     { $$ = $1; }
    | items error   { $$ = $1; RECOVER(true); }
    ;

/* Top level ---------------------------------------------------------------------------------------------------------------- */
item: KW_import STRING                              { $$ = NODE(Import, @$, NAMED(path, $2), .is_file = true); }
    | KW_import dotted                              { $$ = parser_import(p, @$, &$2); }
    | model_word IDENT maybe_formals model_body     { $$ = NODE(Model, @$, .what = $1, NAMED(name, $2), .params = $3, .members = $4); }
    | KW_fn IDENT formals maybe_type '=' expr       { $$ = NODE(Fn, @$, NAMED(name, $2), .params = $3, .type = $4, .body = $6); }
    | KW_circuit IDENT maybe_formals circuit_body   { $$ = NODE(Circuit, @$, NAMED(name, $2), .params = $3, .members = $4); }
    | KW_network IDENT maybe_formals circuit_body   { $$ = NODE(Circuit, @$, .is_network = true, NAMED(name, $2), .params = $3, .members = $4); }
    | KW_experiment IDENT block                     { parser_check_body(p, &$3, true); $$ = NODE(Experiment, @$, NAMED(name, $2), .body = $3); }
    ;
model_word: KW_neuron { $$ = MODEL_NEURON; } | KW_synapse { $$ = MODEL_SYNAPSE; } | KW_plasticity { $$ = MODEL_PLASTICITY; }
    | KW_encoder { $$ = MODEL_ENCODER; } | KW_decoder { $$ = MODEL_DECODER; }
    ;
dotted: IDENT           { ONE($$, NODE(Name, @1, NAMED(name, $1))); }
    | dotted '.' IDENT  { $$ = $1; PUSH($$, NODE(Name, @3, NAMED(name, $3))); }
    ;
names: IDENT            { ONE($$, NODE(Name, @1, NAMED(name, $1))); }
    | names ',' IDENT   { $$ = $1; PUSH($$, NODE(Name, @3, NAMED(name, $3))); }
    ;

/* Parameters and types ----------------------------------------------------------------------------------------------------- */
param: IDENT maybe_type                             { $$ = NODE(Param, @$, NAMED(name, $1), .type = $2); }
    | IDENT maybe_type KW_in closed                 { $$ = NODE(Param, @$, NAMED(name, $1), .type = $2, .range = $4); }
    | IDENT maybe_type KW_in closed '=' expr        { $$ = NODE(Param, @$, NAMED(name, $1), .type = $2, .range = $4, .init = $6); }
    | IDENT maybe_type '=' expr                     { $$ = NODE(Param, @$, NAMED(name, $1), .type = $2, .init = $4); }
    | IDENT maybe_type '=' expr KW_in closed        { $$ = NODE(Param, @$, NAMED(name, $1), .type = $2, .init = $4, .range = $6); }
    | IDENT maybe_type '~' drawn                    { $$ = NODE(Param, @$, NAMED(name, $1), .type = $2, .init = $4, .draw = true); }
    ;
params: param           { ONE($$, $1); }
    | params ',' param  { $$ = $1; PUSH($$, $3); }
    ;
formals: '(' ')'        { $$ = (AstList){0}; }
    | '(' params ')'    { $$ = $2; }
    ;
maybe_formals: %empty   { $$ = (AstList){0}; }
    | formals
    ;
maybe_type: %empty      { $$ = NULL; }
    | ':' type          { $$ = $2; }
    ;
type: unit maybe_dims   { $$ = parser_type(p, @1, $2); }
    ;
unit: unit_factor
    | unit '*' unit_factor
    | unit '/' unit_factor
    ;
unit_factor: IDENT | NUMBER | IDENT '^' NUMBER | IDENT '^' '-' NUMBER
    ;
maybe_dims: %empty      { $$ = (AstList){0}; }
    | '[' exprs ']'     { $$ = $2; }
    ;
closed: expr DOTS expr  { $$ = NODE(Range, @$, .lo = $1, .hi = $3, .closed = true); }
    ;

/* Models ------------------------------------------------------------------------------------------------------------------- */
model_body: '{' members '}'     { $$ = $2; }
    ;
members: %empty                 { $$ = (AstList){0}; }
    | members member            { $$ = $1; PUSH($$, $2); }
    | members lets              { $$ = $1; PUSH_ALL($$, $2); }
    | members ';'               { $$ = $1; }
    | members error             { $$ = $1; RECOVER(false); }
    ;
member: KW_param params         { $$ = NODE(ParamDecl, @$, .items = $2); parser_share_doc($$, $2); }
    | KW_const params           { $$ = NODE(ParamDecl, @$, .is_const = true, .items = $2); parser_share_doc($$, $2); }
    | KW_state params           { $$ = NODE(State, @$, .items = $2); parser_share_doc($$, $2); }
    | KW_weight params          { $$ = NODE(Weight, @$, .items = $2); parser_share_doc($$, $2); }
    | KW_input params           { $$ = NODE(Input, @$, .items = $2); parser_share_doc($$, $2); }
    | KW_input KW_event params  { $$ = NODE(Input, @$, .items = $3, .is_event = true); parser_share_doc($$, $3); }
    | KW_output IDENT '=' expr  { $$ = NODE(Output, @$, NAMED(name, $2), .value = $4); }
    | IDENT PRIME '=' expr      { $$ = NODE(Equation, @$, NAMED(name, $1), .value = $4); }
    | IDENT '=' expr            { $$ = NODE(Algebraic, @$, NAMED(name, $1), .value = $3); }
    | KW_kernel IDENT '(' IDENT ')' '=' expr    { $$ = NODE(Kernel, @$, NAMED(name, $2), NAMED(arg, $4), .value = $7); }
    | KW_kernel IDENT '(' IDENT ',' IDENT ')' '=' expr
        { $$ = NODE(Kernel, @$, NAMED(name, $2), NAMED(since, $4), NAMED(arg, $6), .value = $9); }
    | KW_solve names KW_by IDENT                { $$ = NODE(Solve, @$, .names = $2, NAMED(method, $4)); }
    | spike
    | KW_on IDENT handler                       { $$ = NODE(On, @$, NAMED(event, $2), .body = $3); }
    | KW_on IDENT '(' IDENT ')' handler         { $$ = NODE(On, @$, NAMED(event, $2), NAMED(arg, $4), .body = $6); }
    | KW_step handler                           { $$ = NODE(Step, @$, .body = $2); }
    | drive
    ;
lets: KW_let let            { ONE($$, $2); $2->span = span_join(@1, $2->span); parser_doc(p, $2, @1); }
    | lets ',' let          { $$ = $1; PUSH($$, $3); }
    ;
let: IDENT maybe_type '=' expr      { $$ = NODE(Let, @$, NAMED(name, $1), .type = $2, .value = $4); }
    | IDENT maybe_type '~' drawn    { $$ = NODE(Let, @$, NAMED(name, $1), .type = $2, .value = $4, .draw = true); }
    ;
drive: KW_drive postfix '=' expr maybe_from maybe_for   { $$ = NODE(Drive, @$, .target = $2, .value = $4, .start = $5, .duration = $6); }
    ;
drawn_drive: KW_drive postfix '~' drawn maybe_from maybe_for    { $$ = NODE(Drive, @$, .target = $2, .value = $4, .start = $5, .duration = $6, .draw = true); }
    ;
spike: KW_spike maybe_name KW_when expr maybe_handler
        { $$ = NODE(Spike, @$, .how = SPIKE_WHEN, MAYBE(port, $2), .cond = $4, .body = $5); }
    | KW_spike maybe_name KW_when expr KW_crosses expr edge maybe_handler
        { $$ = NODE(Spike, @$, .how = SPIKE_CROSSES, MAYBE(port, $2), .cond = $4, .level = $6, MAYBE(edge, $7), .body = $8); }
    | KW_spike maybe_name KW_with KW_rate expr maybe_handler
        { $$ = NODE(Spike, @$, .how = SPIKE_RATE, MAYBE(port, $2), .cond = $5, .body = $6); }
    | KW_spike maybe_name KW_once KW_at expr maybe_when maybe_handler
        { $$ = NODE(Spike, @$, .how = SPIKE_ONCE_AT, MAYBE(port, $2), .at = $5, .cond = $6, .body = $7); }
    | KW_spike maybe_name KW_at expr maybe_when maybe_handler
        { $$ = NODE(Spike, @$, .how = SPIKE_AT, MAYBE(port, $2), .at = $4, .cond = $5, .body = $6); }
    | KW_spike maybe_name KW_at expr FOR_EACH IDENT KW_in iteration maybe_when maybe_handler
        { $$ = NODE(Spike, @$, .how = SPIKE_AT, MAYBE(port, $2), .at = $4, NAMED(var, $6), .over = $8, .cond = $9, .body = $10); }
    ;
maybe_name: %empty      { $$ = NULL; }
    | IDENT
    ;
edge: %empty            { $$ = NULL; }
    | KW_rising
    | KW_falling
    ;
maybe_when: %empty      { $$ = NULL; }
    | KW_when expr      { $$ = $2; }
    ;
handler: block          { parser_check_body(p, &$1, false); $$ = $1; }
    ;
maybe_handler: %empty   { $$ = (AstList){0}; }
    | handler
    ;

/* Circuits and networks ---------------------------------------------------------------------------------------------------- */
circuit_body: '{' circuit_members '}'           { $$ = $2; }
    ;
circuit_members: %empty                         { $$ = (AstList){0}; }
    | circuit_members circuit_member            { $$ = $1; PUSH($$, $2); }
    | circuit_members lets                      { $$ = $1; PUSH_ALL($$, $2); }
    | circuit_members connect                   { $$ = $1; PUSH($$, $2 ? &$2->base : NULL); }
    | circuit_members KW_population populations
        { $$ = $1; for (uint32_t i = 0; i < $3.n; i++) { if (i == 0) $3.at[0]->span = span_join(@2, $3.at[0]->span); PUSH($$, $3.at[i]); } }
    | circuit_members ';'                       { $$ = $1; }
    | circuit_members error                     { $$ = $1; RECOVER(false); }
    ;
circuit_member: KW_param params                 { $$ = NODE(ParamDecl, @$, .items = $2); parser_share_doc($$, $2); }
    | KW_const params                           { $$ = NODE(ParamDecl, @$, .is_const = true, .items = $2); parser_share_doc($$, $2); }
    | KW_port names                             { $$ = NODE(Port, @$, .names = $2); }
    | KW_extern KW_input IDENT '=' expr         { $$ = NODE(Extern, @$, NAMED(name, $3), .value = $5); }
    | KW_extern KW_output IDENT '=' expr        { $$ = NODE(Extern, @$, .is_output = true, NAMED(name, $3), .value = $5); }
    | KW_use IDENT maybe_args maybe_as          { $$ = NODE(Instance, @$, MAYBE(name, $4), NAMED(circuit, $2), .args = $3); }
    | drive
    | postfix '=' expr
        { $$ = $1->kind == AST_Name ? NODE(Algebraic, @$, .name = AST_AS(Name, $1)->name, .name_span = @1, .value = $3)
                                    : NODE(Assign, @$, .op = ASSIGN_SET, .target = $1, .value = $3); }
    | postfix '~' drawn                         { $$ = NODE(Draw, @$, .target = $1, .value = $3); }
    ;
populations: population                         { ONE($$, $1); }
    | populations ',' population                { $$ = $1; PUSH($$, $3); }
    ;
population: IDENT ':' IDENT maybe_dims maybe_args maybe_at
        { $$ = NODE(Population, @$, NAMED(name, $1), NAMED(model, $3), .dims = $4, .args = $5, .position = $6); }
    ;
maybe_at: %empty        { $$ = NULL; }
    | KW_at expr        { $$ = $2; }
    ;
connect: KW_connect expr ARROW expr             { $$ = (AstConnect *)NODE(Connect, @$, .source = $2, .target = $4); }
    | connect clause                            { $$ = $1; parser_clause(p, $1, $2, @2); }
    ;
clause: KW_by expr                              { $$ = (AstConnect *)NODE(Connect, @$, .rule = $2); }
    | KW_where expr                             { $$ = (AstConnect *)NODE(Connect, @$, .where = $2); }
    | KW_via expr                               { $$ = (AstConnect *)NODE(Connect, @$, .via = $2); }
    | KW_weight drawn                           { $$ = (AstConnect *)NODE(Connect, @$, .weight = $2); }
    | KW_delay drawn                            { $$ = (AstConnect *)NODE(Connect, @$, .delay = $2); }
    | KW_delay KW_axonal drawn                  { $$ = (AstConnect *)NODE(Connect, @$, .delay = $3); }
    | KW_delay KW_axonal drawn KW_dendritic drawn   { $$ = (AstConnect *)NODE(Connect, @$, .delay = $3, .dendritic = $5); }
    | KW_plastic expr                           { $$ = (AstConnect *)NODE(Connect, @$, .plastic = $2); }
    | KW_into IDENT                             { $$ = (AstConnect *)NODE(Connect, @$, NAMED(into, $2)); }
    | KW_as IDENT                               { $$ = (AstConnect *)NODE(Connect, @$, NAMED(alias, $2)); }
    ;

/* Statements --------------------------------------------------------------------------------------------------------------- */
block: '{' statements '}'       { $$ = $2; }
    ;
statements: %empty              { $$ = (AstList){0}; }
    | statements statement      { $$ = $1; PUSH($$, $2); }
    | statements lets           { $$ = $1; PUSH_ALL($$, $2); }
    | statements ';'            { $$ = $1; }
    | statements error          { $$ = $1; RECOVER(false); }
    ;
statement: drive
    | drawn_drive
    | if
    | postfix assign_op expr            { $$ = NODE(Assign, @$, .op = $2, .target = $1, .value = $3); }
    | postfix '~' drawn                 { $$ = NODE(Draw, @$, .target = $1, .value = $3); }
    | call                              { $$ = NODE(ExprStmt, @$, .value = $1); }
    | KW_refractory expr                { $$ = NODE(Refractory, @$, .duration = $2); }
    | KW_refractory expr KW_hold names  { $$ = NODE(Refractory, @$, .duration = $2, .hold = $4); }
    | KW_while expr block               { $$ = NODE(While, @$, .cond = $2, .body = $3); }
    | FOR_EACH IDENT KW_in iteration block
        { AstList vars; ONE(vars, NODE(Name, @2, NAMED(name, $2))); $$ = NODE(For, @$, .vars = vars, .iter = $4, .body = $5); }
    | FOR_EACH '(' names ')' KW_in iteration block      { $$ = NODE(For, @$, .vars = $3, .iter = $6, .body = $7); }
    | KW_emit postfix KW_at expr        { $$ = NODE(Emit, @$, .target = $2, .at = $4); }
    | KW_emit postfix KW_from expr      { $$ = NODE(Emit, @$, .target = $2, .at = $4, .from = true); }
    | KW_use IDENT maybe_args maybe_as  { $$ = NODE(Use, @$, NAMED(network, $2), .args = $3, MAYBE(alias, $4)); }
    | KW_dt expr                        { $$ = NODE(Dt, @$, .value = $2); }
    | KW_seed expr                      { $$ = NODE(Seed, @$, .value = $2); }
    | KW_engine IDENT maybe_of          { $$ = NODE(Engine, @$, NAMED(what, $2), .target = $3); }
    | KW_record exprs maybe_every       { $$ = NODE(Record, @$, .targets = $2, .every = $3); }
    | KW_run expr                       { $$ = NODE(Run, @$, .duration = $2); }
    | KW_discard expr                   { $$ = NODE(Run, @$, .duration = $2, .discard = true); }
    | KW_present expr KW_to postfix maybe_for   { $$ = NODE(Present, @$, .value = $2, .target = $4, .duration = $5); }
    | KW_present expr KW_to postfix KW_every expr   { $$ = NODE(Present, @$, .value = $2, .target = $4, .every = $6); }
    | KW_print args                     { $$ = NODE(Print, @$, .args = $2); }
    | KW_yield args                     { $$ = NODE(Yield, @$, .args = $2); }
    | KW_sweep sweep_heads maybe_repeat block   { $$ = parser_sweep(p, @$, $2, $3, $4); }
    | KW_repeat expr block              { $$ = NODE(Sweep, @$, .repeat = $2, .body = $3); }
    | KW_set postfix '=' expr           { $$ = NODE(Set, @$, .target = $2, .value = $4); }
    | KW_reset IDENT                    { $$ = NODE(Reset, @$, NAMED(what, $2)); }
    | KW_save IDENT maybe_of STRING     { $$ = NODE(Save, @$, NAMED(what, $2), .target = $3, .path = NODE(String, @4, NAMED(text, $4))); }
    | KW_load IDENT maybe_of STRING     { $$ = NODE(Load, @$, NAMED(what, $2), .target = $3, .path = NODE(String, @4, NAMED(text, $4))); }
    | KW_normalise IDENT KW_of postfix KW_to expr { $$ = NODE(Normalise, @$, NAMED(what, $2), .target = $4, .value = $6); }
    | KW_data IDENT '=' expr maybe_scale        { $$ = NODE(Data, @$, NAMED(name, $2), .value = $4, .scale = $5); }
    ;
if: KW_if expr block                    { $$ = NODE(If, @$, .cond = $2, .then = $3); }
    | KW_if expr block KW_else block    { $$ = NODE(If, @$, .cond = $2, .then = $3, .otherwise = $5); }
    | KW_if expr block KW_else if       { AstList chain; ONE(chain, $5); $$ = NODE(If, @$, .cond = $2, .then = $3, .otherwise = chain); }
    ;
assign_op: '=' { $$ = ASSIGN_SET; } | ADD_SET { $$ = ASSIGN_ADD; } | SUB_SET { $$ = ASSIGN_SUB; } | MUL_SET { $$ = ASSIGN_MUL; } | DIV_SET { $$ = ASSIGN_DIV; }
    ;
iteration: expr
    | expr ':' expr     { $$ = NODE(Range, @$, .lo = $1, .hi = $3); }
    ;
sweep_heads: sweep_head             { ONE($$, $1); }
    | sweep_heads ',' sweep_head    { $$ = $1; PUSH($$, $3); }
    ;
sweep_head: IDENT KW_in iteration   { $$ = NODE(Sweep, @$, NAMED(var, $1), .iter = $3); }
    ;
maybe_as: %empty        { $$ = NULL; }
    | KW_as IDENT       { $$ = $2; }
    ;
maybe_every: %empty     { $$ = NULL; }
    | KW_every expr     { $$ = $2; }
    ;
maybe_scale: %empty     { $$ = NULL; }
    | KW_scale expr     { $$ = $2; }
    ;
maybe_repeat: %empty    { $$ = NULL; }
    | KW_repeat expr    { $$ = $2; }
    ;
maybe_from: %empty      { $$ = NULL; }
    | KW_from expr      { $$ = $2; }
    ;
maybe_for: %empty       { $$ = NULL; }
    | KW_for expr       { $$ = $2; }
    ;
maybe_of: %empty        { $$ = NULL; }
    | KW_of postfix     { $$ = $2; }
    ;

/* Expressions -------------------------------------------------------------------------------------------------------------- */
exprs: expr             { ONE($$, $1); }
    | exprs ',' expr    { $$ = $1; PUSH($$, $3); }
    ;
drawn: expr
    | expr KW_in closed { $$ = parser_truncated(p, $1, $3); }
    ;
args: arg               { ONE($$, $1); }
    | args ',' arg      { $$ = $1; PUSH($$, $3); }
    ;
arg: arg_value          { $$ = NODE(Arg, @$, .value = $1); }
    | IDENT '=' arg_value   { $$ = NODE(Arg, @$, NAMED(name, $1), .value = $3); }
    ;
arg_value: drawn
    | closed
    ;
maybe_args: %empty      { $$ = (AstList){0}; }
    | '(' ')'           { $$ = (AstList){0}; }
    | '(' args ')'      { $$ = $2; }
    ;
indices: index          { ONE($$, $1); }
    | indices ',' index { $$ = $1; PUSH($$, $3); }
    ;
index: expr
    | expr ':' expr     { $$ = NODE(Range, @$, .lo = $1, .hi = $3); }
    | expr ':'          { $$ = NODE(Range, @$, .lo = $1); }
    | ':' expr          { $$ = NODE(Range, @$, .hi = $2); }
    | ':'               { $$ = NODE(Range, @$, .lo = NULL); }
    ;
call: postfix '(' ')'           { $$ = NODE(Call, @$, .callee = $1); }
    | postfix '(' args ')'      { $$ = NODE(Call, @$, .callee = $1, .args = $3); }
    ;
postfix: IDENT                  { $$ = NODE(Name, @$, NAMED(name, $1)); }
    | call
    | postfix '.' IDENT         { $$ = NODE(Member, @$, .object = $1, NAMED(name, $3)); }
    | postfix '[' indices ']'   { $$ = NODE(Index, @$, .object = $1, .indices = $3); }
    ;
expr: postfix
    | NUMBER                    { $$ = parser_number(p, $1); }
    | STRING                    { $$ = NODE(String, @$, NAMED(text, $1)); }
    | KW_true                   { $$ = NODE(Bool, @$, .value = true); }
    | KW_false                  { $$ = NODE(Bool, @$, .value = false); }
    | '(' expr ')'              { $$ = $2; }
    | '(' expr ',' exprs ')'    { AstList all; ONE(all, $2); for (uint32_t i = 0; i < $4.n; i++) PUSH(all, $4.at[i]); $$ = NODE(Tuple, @$, .items = all); }
    | '[' ']'                   { $$ = NODE(Array, @$, .items = {0}); }
    | '[' exprs ']'             { $$ = NODE(Array, @$, .items = $2); }
    | '-' expr %prec NEG        { $$ = NODE(Unary, @$, .op = OP_NEG, .operand = $2); }
    | KW_not expr               { $$ = NODE(Unary, @$, .op = OP_NOT, .operand = $2); }
    | expr '^' expr             { $$ = BINARY(@$, OP_POW, $1, $3); }
    | expr '*' expr             { $$ = BINARY(@$, OP_MUL, $1, $3); }
    | expr '/' expr             { $$ = BINARY(@$, OP_DIV, $1, $3); }
    | expr '%' expr             { $$ = BINARY(@$, OP_MOD, $1, $3); }
    | expr '+' expr             { $$ = BINARY(@$, OP_ADD, $1, $3); }
    | expr '-' expr             { $$ = BINARY(@$, OP_SUB, $1, $3); }
    | expr '<' expr             { $$ = BINARY(@$, OP_LT, $1, $3); }
    | expr LE expr              { $$ = BINARY(@$, OP_LE, $1, $3); }
    | expr '>' expr             { $$ = BINARY(@$, OP_GT, $1, $3); }
    | expr GE expr              { $$ = BINARY(@$, OP_GE, $1, $3); }
    | expr EQ expr              { $$ = BINARY(@$, OP_EQ, $1, $3); }
    | expr NE expr              { $$ = BINARY(@$, OP_NE, $1, $3); }
    | expr KW_and expr          { $$ = BINARY(@$, OP_AND, $1, $3); }
    | expr KW_or expr           { $$ = BINARY(@$, OP_OR, $1, $3); }
    | KW_if expr KW_then expr KW_else expr %prec KW_else    { $$ = NODE(Cond, @$, .cond = $2, .then = $4, .otherwise = $6); }
    ;
%%
static int yylex(YYSTYPE *value, YYLTYPE *at, Parser *p) {
    uint32_t last = p->tokens->at.n - 1, i = p->next < last ? p->next : last;     // the end may be asked for again
    const Token *t = &p->tokens->at.at[i];
    p->next = i + 1;
    value->token = t;
    *at = t->span;
    return t->kind;
}

static int yyreport_syntax_error(const yypcontext_t *context, Parser *p) {
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *names[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS), kept = 0;
    for (int i = 0; i < n; i++)
        if (kinds[i] != YYSYMBOL_YYerror && kinds[i] != YYSYMBOL_YYUNDEF) names[kept++] = yysymbol_name(kinds[i]);
    parser_report(p, names, kept);
    return 0;
}

// Only called when the parser's own stack is full.
static void yyerror(const YYLTYPE *at, Parser *p, const char *text) {
    (void)text;
    diag(p->diags, *at, D_TOO_DEEP);
    p->errors++;
}
