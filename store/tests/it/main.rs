//! The contract of the store, one story per method or rule, told on every backend; what only SQLite promises; and the
//! same random work on all backends at once.
//!
//! A story is a function over `&dyn Store` and knows no backend. Another backend is one more line below.
#![allow(clippy::unwrap_used, reason = "tests")]

mod backends;
mod claiming;
mod committing;
mod differential;
mod indexing;
mod journalling;
mod loading;
mod making;
mod money;
mod naming;
mod queueing;
mod scanning;
mod separation;
mod sqlite;
mod state;
mod sweeping;
mod version_1;
mod waking;

/// All stories, handed to another macro. One that is missing here is dead code, which the compiler reports.
macro_rules! stories {
    ($tell:ident, $backend:ident) => {
        $tell! { $backend;
            loading:
                finds_every_kind_of_key_in_the_order_asked
                no_keys_are_no_answers
                what_was_looked_for_is_free_once
                a_refused_commit_leaves_what_it_looked_for
                the_sandbox_itself_is_outside_its_generations;
            committing:
                a_record_is_inserted_replaced_and_removed
                what_was_read_must_still_stand
                what_was_absent_must_still_be
                a_place_that_is_taken_is_checked_as_a_place
                taking_a_place_elsewhere_does_not_stand_for_a_read_here
                a_new_record_must_not_exist
                nothing_of_a_refused_commit_happens
                each_commit_of_a_batch_stands_or_falls_alone
                later_commits_of_a_batch_see_earlier_ones
                an_empty_batch_is_well
                rows_and_batches_are_counted;
            indexing:
                entries_follow_their_record
                a_key_belongs_to_one_record
                a_key_passes_from_one_record_to_another_in_one_commit
                two_records_of_a_commit_cannot_take_one_key
                a_record_that_comes_back_takes_its_keys_again
                a_key_like_an_own_one_is_never_written_over;
            money:
                balances_are_sums_in_order
                a_page_of_balances_ends_between_accounts
                a_floor_allows_just_its_amount
                floors_count_what_the_batch_moved
                a_floor_without_postings_looks_at_what_stands
                a_sum_that_does_not_fit_is_refused_alone
                a_sum_may_leave_its_bounds_on_the_way
                an_inspection_finds_money_that_was_made
                an_inspection_adds_up_large_ledgers;
            scanning:
                pages_of_entries_from_either_end
                pages_of_records_from_either_end
                the_last_page_says_so_even_when_full
                a_prefix_bounds_the_keys
                a_cursor_outside_the_prefix_is_no_gap
                filters_look_at_the_fields_of_entries
                filters_look_at_the_members_of_records
                a_budget_ends_a_page_early
                keys_sort_by_code_point;
            journalling:
                positions_have_no_gaps
                reading_goes_on_after_a_position
                each_scope_has_its_own_positions;
            naming:
                names_are_listed_in_order
                a_name_has_one_owner
                a_name_given_back_is_free;
            queueing:
                rows_are_in_the_order_of_due_class_and_id
                a_row_set_again_says_the_new_thing
                work_that_is_over_must_be_there;
            claiming:
                jobs_of_one_instant_are_one_run
                deliveries_run_up_to_the_next_job
                nobody_gets_what_is_held_until_the_lease_ends
                a_held_job_keeps_what_follows_it_waiting
                what_is_handed_over_is_held_from_the_start
                a_refused_commit_holds_nothing
                a_refused_commit_takes_no_hold_from_another
                a_row_set_anew_is_held_by_nobody
                only_what_is_due_is_claimed;
            waking:
                a_commit_brings_a_wake_forward_and_never_back
                wakes_come_earliest_first
                a_wake_follows_a_running_clock
                a_frozen_clock_wakes_for_what_is_due_alone
                another_reason_can_be_earlier
                a_wake_waits_for_leases
                a_held_job_keeps_the_wake_of_what_follows
                what_is_given_up_has_no_wake;
            sweeping:
                what_was_given_up_goes_in_slices
                nothing_to_sweep_is_nothing_left
                a_ledger_half_swept_is_no_damage;
            separation:
                scopes_do_not_see_one_another;
        }
    };
}

macro_rules! tell {
    ($backend:ident; $($module:ident: $($story:ident)+;)+) => {
        mod $backend {
            $(mod $module {
                $(#[test]
                fn $story() {
                    crate::$module::$story(crate::backends::$backend().store());
                })+
            })+
        }
    };
}

mod on {
    stories!(tell, memory);
    stories!(tell, sqlite_in_memory);
    stories!(tell, sqlite_file);
}
