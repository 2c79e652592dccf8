/* Many reads from one state (Statement::all_many, Reader::read_many): rule Many of docs/coherence.md.
 *
 * Two keys, each of which hangs on a page of its own; every commit changes both pages. So the two answers must be equal.
 * They are single reads by rule Read, or from SQLite, one after the other; the wal state is loaded before the first and
 * after the last. If both are equal the answers count; otherwise the read is made anew, in the end from one SQLite
 * snapshot, which is right by itself.
 *
 * A single read is modelled as publish.pml has shown it to be: what it answers was true at one moment while it ran. That
 * moment may be any: the wal state has changed when the second copy has, but SQLite's readers see the commit with the
 * first. Entries hold answers of any commit up to then; the check of their stamps is a step of its own.
 */
#ifndef COMMITS
#define COMMITS 2
#endif

byte second_copy, first_copy;
byte expected;
byte stamp[2];
byte seq = 1;
byte label[2], answer[2];

proctype Writer() {
end:
  do
  :: atomic { second_copy < COMMITS -> second_copy++ };
     first_copy = second_copy
  od
}

proctype Publisher() {
  byte head;
end:
  do
  :: atomic { first_copy == second_copy && expected != first_copy -> head = first_copy };
     stamp[0] = seq + 1;
     stamp[1] = seq + 1;
     seq++;
     expected = head;
     head = 0
  od
}

proctype Filler() {
  byte g, v;
  bit k;
end:
  do
  :: if
     :: k = 0
     :: k = 1
     fi;
     g = seq;
     atomic { first_copy == second_copy -> v = first_copy };
     atomic { label[k] = g; answer[k] = v; g = 0; v = 0; k = 0 }
  od
}

inline read(k, v) {
  if
  :: w = second_copy;
     if
     :: w == expected ->
        atomic { x = label[k]; v = answer[k] };
        if
        :: stamp[k] <= x -> x = 0
        :: stamp[k] > x -> x = 0; goto over
        fi
     :: w != expected -> goto over
     fi
  :: atomic { first_copy == second_copy -> v = first_copy }
  fi
}

proctype Many() {
  byte before, w, x, v0, v1;
  before = second_copy;
  read(0, v0);
  read(1, v1);
#ifndef NO_SECOND_LOOK
  if
  :: second_copy == before
  :: second_copy != before -> goto over
  fi;
#endif
  assert(v0 == v1);
over:
  skip
}

init {
  atomic {
    label[0] = 1;
    label[1] = 1;
    run Writer();
    run Publisher();
    run Filler();
    run Many()
  }
}
