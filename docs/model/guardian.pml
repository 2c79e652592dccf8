/* The guardian and the log: no commit is missed, whoever moves, joins, lets go, dies, checkpoints or restarts the log.
 *
 *   code                                             here
 *   engine/coherence.cc  join, move, renew, publish  Tern, two of them
 *   sql/wal_follower.cc  changes_since, _after_restart  publish
 *   sql/guardian.h       the overlap                 lock_kind[], two for each Tern
 *   SQLite               commit, restart of the log, checkpoint, recovery, the last one's close   Outside
 *
 * Outside stands for every writer and checkpointer, engine's or foreign. A header is salt and last frame; salt 0 is the
 * empty log that recovery makes of an empty or deleted file, the only header that can come again. Frame n of the log is
 * the number of the commit that it ends. `unstamped` is what no publication has stamped yet. Publishing is one step but
 * for the loading of the header; publish.pml has its inside.
 *
 * Right is: after each publication, no commit up to its header is unstamped; and whenever a process that has joined
 * finds expected == wal state, no commit at all is.
 *
 * A death frees first the locks on the -shm, then the stamp lock and the word; others may run between. With all dead or
 * closed, the -shm is void, and the log file may lose its tail.
 */
#ifndef COMMITS
#define COMMITS 2
#endif
#ifndef OPENS
#define OPENS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef MOVES
#define MOVES 1
#endif
#ifndef LETS
#define LETS 1
#endif
#define FREE 0
#define LOCK_0 1
#define LOCK_N 2
#define ALL 255

/* The WAL-index: both copies, and how far the log was copied back. */
byte salt1, last1, salt2, last2, copied;
bool write_lock;
/* The log file, and the commit that each frame ends: the index's aPgno for frames up to its last, and the file's. */
byte file_salt, file_last;
byte frame[COMMITS + 1];
byte salts;   /* how many were used */
byte commits; /* all, in order */
byte file_version; /* of the database file: its time of last change */
byte unstamped; /* a bit for each commit */
bool lost; /* the log lost a commit that had been published, and not all is void since */

/* What each Tern holds of SQLite: two snapshots; and the -shm itself. */
byte kind[4], mark[4];
bool shm[3];

/* The stamps file. */
byte saved_salt, saved_last, saved_check, saved_version;
byte expected;
bool saved_any;
bool word[2];
bool guarded[2], joined[2], killed[2];

byte opens, deaths, events, lets, moves;

#define state_of(salt, last) (salt * 8 + last)
#define nobody_reads_the_log (kind[0] != LOCK_N && kind[1] != LOCK_N && kind[2] != LOCK_N && kind[3] != LOCK_N)
#define nobody_on_lock_0 (kind[0] != LOCK_0 && kind[1] != LOCK_0 && kind[2] != LOCK_0 && kind[3] != LOCK_0)

#define readable (salt1 == salt2 && last1 == last2)

inline recover() {
  salt1 = file_salt; last1 = file_last; salt2 = file_salt; last2 = file_last; copied = 0
}

/* The first to open the -shm recovers it. */
inline open_shm(who) {
  atomic {
    if
    :: !shm[0] && !shm[1] && !shm[2] -> recover()
    :: else
    fi;
    shm[who] = true
  }
}

inline begin_read(h) {
  atomic {
    readable || !write_lock ->
    if
    :: !readable -> recover()
    :: else
    fi;
    kind[h] = (copied == last1 -> LOCK_0 : LOCK_N);
    mark[h] = last1
  }
}

#ifdef EMPTY_LOG_BY_WORD
#define same_empty_log true
#else
#define same_empty_log (salt_now != 0 || saved_version == file_version)
#endif

#define GUARDED 0
#define JOINING 1
#define AFTER_RESTART 2
#define NOTHING 3

/* Stamps the commits of frames from … last_now. */
inline stamp_frames(from) {
  i = from;
  do
  :: i <= last_now -> unstamped = unstamped & ~(1 << frame[i]); i++
  :: else -> i = 0; break
  od
}

inline stamp_all() {
  unstamped = 0;
  lost = false
}

/* One step under the stamp lock, from a header that can be believed: the frames that it names cannot go meanwhile, while
 * a snapshot of this process is open; without one, everything is stamped. */
inline publish(trust) {
    salt_now = salt1;
    last_now = last1;
    if
    :: trust == GUARDED && saved_any && expected == state_of(salt_now, last_now)
    :: else ->
       if
       :: !saved_any -> stamp_all()
       :: saved_any && (trust == JOINING || trust == AFTER_RESTART) ->
          if
#ifndef EMPTY_LOG_BELIEVED
          :: last_now == 0 || saved_last == 0 ->
             if
             :: trust == JOINING && saved_salt == salt_now && saved_last == last_now && same_empty_log
             :: else -> stamp_all()
             fi
#endif
          :: else ->
             if
#ifdef JOIN_TRUSTS_RESTART
             :: trust == JOINING && saved_salt != salt_now -> stamp_frames(1)
             :: saved_salt != salt_now && trust != JOINING -> stamp_all()
#else
             :: saved_salt != salt_now -> stamp_all()
#endif
             :: saved_salt == salt_now && last_now < saved_last -> stamp_all()
             :: saved_salt == salt_now && last_now >= saved_last ->
                if
#ifndef NO_FRAME_CHECKSUM
                :: frame[saved_last] != saved_check -> stamp_all()
#endif
                :: else -> stamp_frames(saved_last + 1)
                fi
             fi
          fi
       :: else ->
          if
          :: saved_salt == salt_now && saved_last == last_now && (trust == GUARDED || last_now > 0) && (last_now == 0 || frame[last_now] == saved_check)
          :: else ->
             if
             :: trust == NOTHING -> stamp_all()
#ifdef SALTS_IGNORED
             :: trust == GUARDED && last_now >= saved_last -> stamp_frames(saved_last + 1)
             :: trust == GUARDED && last_now < saved_last -> stamp_frames(1)
#else
             :: trust == GUARDED && saved_salt != salt_now -> stamp_frames(1)
             :: trust == GUARDED && saved_salt == salt_now && last_now < saved_last -> stamp_all()
             :: trust == GUARDED && saved_salt == salt_now && last_now >= saved_last -> stamp_frames(saved_last + 1)
#endif
             fi
          fi
       fi;
#ifndef SAVED_NEVER
       saved_salt = salt_now; saved_last = last_now; saved_check = (last_now == 0 -> 0 : frame[last_now]);
       saved_version = (salt_now == 0 -> file_version : 0);
       saved_any = true;
#else
       if
       :: !saved_any || trust != GUARDED ->
          saved_salt = salt_now; saved_last = last_now; saved_check = (last_now == 0 -> 0 : frame[last_now]);
          saved_version = (salt_now == 0 -> file_version : 0); saved_any = true
       :: else
       fi;
#endif
       expected = state_of(salt_now, last_now)
    fi;
    assert(!lost && unstamped == 0);
    salt_now = 0;
    last_now = 0
}

/* A Tern's two connections: the snapshot that is held, and the spare. */
#define HELD (2 * me + held)
#define SPARE (2 * me + 1 - held)

inline let_all_go() {
  joined[me] = false; guarded[me] = false; shm[me] = false; killed[me] = false;
  kind[HELD] = FREE; kind[SPARE] = FREE; mark[HELD] = 0; mark[SPARE] = 0; held = 0
}

proctype Tern(bit me) {
  bit held;
  byte salt_now, last_now, i;
end:
  do
  :: atomic { opens < OPENS -> opens++ };
     {
       open_shm(me);
       begin_read(HELD);
       /* Join: the other's word is asked for only now. */
       atomic {
         readable ->
#ifdef JOIN_BLIND
         publish(GUARDED);
#else
         if
         :: word[1 - me] -> publish(JOINING)
         :: !word[1 - me] -> publish(AFTER_RESTART)
         fi;
#endif
         word[me] = true;
         guarded[me] = true;
         joined[me] = true
       };
       do
       :: /* A reader in this process takes hits. */
          d_step { readable && expected == state_of(salt1, last1) -> assert(unstamped == 0 && !lost) }
       :: /* Anybody in this process publishes. */
          atomic {
            readable && expected != state_of(salt1, last1) ->
            if
            :: guarded[me] -> publish(GUARDED)
            :: !guarded[me] -> publish(NOTHING)
            fi
          }
       :: /* The guardian moves. */
          atomic {
            guarded[me] && moves < MOVES -> moves++;
#ifdef RELEASED_BEFORE_NEXT_HOLDS
            kind[HELD] = FREE; mark[HELD] = 0
#endif
          };
          begin_read(SPARE);
          if
#ifdef MOVED_UNPUBLISHED
          :: true
#else
          :: atomic { readable -> publish(GUARDED) }
#endif
             atomic { kind[HELD] = FREE; mark[HELD] = 0; held = 1 - held }
          :: atomic { kind[SPARE] = FREE; mark[SPARE] = 0 } /* not published: it stays */
          fi
       :: /* It lets go, so that the log can be restarted, and takes hold again. */
          atomic {
            guarded[me] && lets < LETS ->
            lets++;
#ifndef LET_GO_SILENTLY
            guarded[me] = false;
#endif
            word[me] = false;
            kind[HELD] = FREE;
            mark[HELD] = 0
          };
          begin_read(HELD);
          atomic {
            readable ->
            if
            :: guarded[me] -> publish(GUARDED)
            :: !guarded[me] -> publish(NOTHING)
            fi;
            guarded[me] = true;
            word[me] = true
          }
       :: /* Closes: the word goes first, then the guardian. */
          word[me] = false;
          atomic { let_all_go(); break }
       od
     } unless {
       /* Killed: the locks on the -shm go first. */
       atomic { killed[me] -> let_all_go() };
       word[me] = false
     }
  od
}

/* Sets both copies, the second first, unless it dies in between; recovery then goes by the log file. */
inline write_header(salt, last) {
  if
  :: atomic { salt1 = salt; last1 = last }
  :: atomic { deaths < DEATHS -> deaths++; goto dead }
  fi
}

/* Everybody else: writes, copies back, restarts and cuts the log, closes it as SQLite does, kills. */
proctype Outside() {
  byte m, h;
end:
  do
  :: !shm[2] && commits < COMMITS ->
     open_shm(2)
  :: /* A commit of one frame. It begins a new log if all of the old one is copied and nobody reads from it. */
     atomic {
       shm[2] && commits < COMMITS ->
       write_lock = true;
       if
       :: !readable -> recover()
       :: else
       fi
     };
     if
     :: atomic { last1 > 0 && copied == last1 && nobody_reads_the_log -> salts++; salt2 = salts; last2 = 0; copied = 0 };
        write_header(salts, 0)
     :: atomic { last1 == 0 && salt1 == 0 -> salts++; salt1 = salts; salt2 = salts }
     :: atomic { (last1 == 0 && salt1 != 0) || (last1 > 0 && !(copied == last1 && nobody_reads_the_log)) }
     fi;
     atomic { /* What is in the file will be recovered: from here on it is committed. */
       commits++;
       unstamped = unstamped | (1 << commits);
       frame[last1 + 1] = commits;
       file_salt = salt1;
       file_last = last1 + 1;
       salt2 = salt1;
       last2 = last1 + 1
     };
     write_header(salt2, last2);
     write_lock = false
  :: /* Any reader of SQLite's that meets copies that differ. */
     atomic { !readable && !write_lock && (shm[0] || shm[1] || shm[2]) -> recover() }
  :: /* A checkpoint: copies what readers allow. */
     atomic {
       shm[2] && readable && copied < last1 && nobody_on_lock_0 ->
       m = last1;
       h = 0;
       do
       :: h < 4 && kind[h] == LOCK_N && mark[h] < m -> m = mark[h]; h++
       :: h < 4 && !(kind[h] == LOCK_N && mark[h] < m) -> h++
       :: else -> break
       od;
       if
       :: m > copied -> copied = m; file_version++
       :: else
       fi;
       m = 0;
       h = 0
     }
  :: /* RESTART, TRUNCATE: a new salt; the file is cut to nothing. */
     atomic {
       shm[2] && readable && copied == last1 && nobody_reads_the_log && events < EVENTS ->
       events++;
       write_lock = true;
       salts++;
       salt2 = salts; last2 = 0; copied = 0
     };
     write_header(salts, 0);
     atomic { file_salt = 0; file_last = 0; write_lock = false }
  :: /* Closes. The last one copies all and deletes the log. */
     atomic {
       shm[2] && events < EVENTS ->
       events++;
       if
       :: !shm[0] && !shm[1] ->
          if
          :: !readable -> recover()
          :: else
          fi;
          if
          :: copied < last1 -> file_version++
          :: else
          fi;
          file_salt = 0; file_last = 0
       :: else
       fi;
       shm[2] = false
     }
  :: atomic { deaths < DEATHS && shm[0] -> deaths++; killed[0] = true }
  :: atomic { deaths < DEATHS && shm[1] -> deaths++; killed[1] = true }
  :: /* The file loses its last frame while nobody has it open. */
     atomic {
       !shm[0] && !shm[1] && !shm[2] && events < EVENTS && file_last > 0 && (unstamped & (1 << frame[file_last])) == 0 ->
       events++;
       lost = true;
       file_last--
     }
  od;
dead:
  atomic { write_lock = false; shm[2] = false; m = 0; h = 0 };
  goto end
}

init {
  atomic {
    run Outside();
    run Tern(0);
    run Tern(1)
  }
}
