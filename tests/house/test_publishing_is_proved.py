"""What specs/publishing promises, sentence by sentence, and the test that proves it. A test that is renamed or removed
without its row fails here, so that no promise loses its proof unnoticed."""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent

DIALOGUE, VERSIONS, RUNS = "web/test_publish_dialogue.py", "web/test_version_control.py", "web/test_runs.py"
TO_PUBLISH, DIFFERENCE, LINKS = (
    "web/test_what_there_is_to_publish.py",
    "web/test_difference_page.py",
    "web/test_links_that_break.py",
)
BROWSER, PLAYING, DEEPNOTE = "browser/test_publishing.py", "playing/test_runs.py", "services/test_deepnotes_way.py"
SCHEDULES, PAGE, TELLING = "services/test_schedules.py", "web/test_schedules.py", "services/test_telling.py"
PROCESSES, YEAR, CLOCK = (
    "schedules/test_real_processes.py",
    "schedules/test_a_year_of_due_times.py",
    "schedules/test_recurrence.py",
)

PROVED = {
    # ---- Publish
    "1 enabled whenever the content differs; changing back disables it": [
        (TO_PUBLISH, "test_content_that_differs_enables_it_and_changing_back_disables_it_again"),
        (TO_PUBLISH, "test_the_projects_title_counts"),
    ],
    "1 permissions, schedules and outputs do not count": [
        (TO_PUBLISH, "test_permissions_schedules_and_outputs_do_not_count"),
    ],
    "2 the draft is frozen, and run top to bottom on a new kernel with default inputs": [
        (DIALOGUE, "test_opening_it_starts_a_run_of_the_draft_as_it_is"),
        (PLAYING, "test_a_preview_plays_every_cell_with_the_default_inputs"),
        (PLAYING, "test_a_run_leaves_no_kernel"),
    ],
    "3 the dialogue shows the live preview, how far it is, the difference, the published app": [
        (BROWSER, "test_edit_preview_compare_publish_revert_publish_again"),
        (DIALOGUE, "test_the_version_it_replaces_is_no_news"),
    ],
    "4 errors are shown with a hint and do not block": [
        (DIALOGUE, "test_a_run_that_did_not_end_well_says_why_and_what_to_do"),
    ],
    "5 Publish now does not kill the run, whose outputs become the results when it ends": [
        (PLAYING, "test_publish_now_shows_the_results_when_the_run_ends"),
    ],
    "5 unless a newer version was published meanwhile": [
        (PLAYING, "test_an_older_preview_never_becomes_the_results_of_a_newer_version"),
        (BROWSER, "test_reverting_and_publishing_during_a_run_keeps_its_results_out"),
    ],
    "6 what is published is exactly what was previewed; the dialogue says what the draft has more": [
        (DIALOGUE, "test_it_publishes_what_was_previewed_and_not_what_was_typed_since"),
        (DIALOGUE, "test_it_says_who_changed_the_draft_meanwhile"),
    ],
    "6 if somebody else published in between, it says who and when": [
        (DIALOGUE, "test_it_says_who_published_in_between_and_publishes_nothing_over_it"),
        (BROWSER, "test_two_publishers_and_edits_during_a_preview"),
        ("services/test_publishing_at_once.py", "test_one_of_two_publishers_wins_every_time"),
    ],
    "7 promotion is one step: the old app or the new one": [
        ("web/test_app_page.py", "test_a_publication_between_two_reads_shows_the_new_app_and_nothing_between"),
        (BROWSER, "test_edit_preview_compare_publish_revert_publish_again"),
    ],
    "7 open sessions stay, and may switch with their inputs": [
        (BROWSER, "test_a_visitor_stays_on_the_version_and_switches_with_the_inputs"),
    ],
    "8 publishing grants nobody access": [(TO_PUBLISH, "test_publishing_grants_nobody_access")],
    "9 closing the dialogue stops the run after a grace": [
        (DIALOGUE, "test_closing_it_stops_the_run"),
        (PLAYING, "test_a_closed_preview_is_stopped_but_a_published_one_goes_on"),
        ("sockets/test_runs_socket.py", "test_a_window_that_came_back_keeps_its_preview"),
    ],
    # ---- The difference
    "cell by cell: added, removed, moved, changed; inputs and app settings": [
        ("notebook/test_difference.py", "test_the_summary_of_the_design"),
        ("notebook/test_difference.py", "test_every_cell_is_there_once_and_removed_plus_kept_is_the_old_notebook"),
    ],
    "the outputs of both sides: numbers, tables, images, errors": [
        (DIFFERENCE, "test_a_number_is_shown_with_its_change"),
        (DIFFERENCE, "test_a_table_is_shown_with_what_differs_in_it"),
        (DIFFERENCE, "test_pictures_stand_next_to_each_other_with_a_slider"),
        (DIFFERENCE, "test_an_error_that_appeared_or_is_gone_is_said"),
    ],
    "renamed or removed inputs are called out, with an earlier name offered": [
        (LINKS, "test_a_renamed_input_can_keep_its_old_name"),
        (LINKS, "test_a_removed_input_may_be_answered_by_a_new_one_of_its_kind"),
        (LINKS, "test_a_narrowed_input_is_listed_and_has_no_way_out"),
        (LINKS, "test_people_are_counted_once_each_by_the_name_their_link_carried"),
    ],
    # ---- Version control
    "number, when, who, note, published or not": [
        (VERSIONS, "test_the_list_says_number_time_who_note_and_what_is_published"),
    ],
    "shows one read-only, compares any two": [
        (VERSIONS, "test_a_version_is_read_as_it_was"),
        (VERSIONS, "test_any_two_are_compared_and_by_default_the_published_with_the_draft"),
    ],
    "reverting changes the draft only and can be undone": [
        (VERSIONS, "test_reverting_changes_the_draft_only_and_can_be_undone"),
        (PROCESSES, "test_reverting_during_a_scheduled_run_changes_neither_the_run_nor_the_app"),
    ],
    "saved automatically: every 10 minutes, and 2 minutes after the last change": [
        (VERSIONS, "test_a_draft_that_came_to_rest_is_saved_after_two_minutes"),
        (VERSIONS, "test_while_editing_goes_on_there_is_one_every_ten_minutes"),
    ],
    "saved by hand with a name": [
        (VERSIONS, "test_the_present_draft_is_saved_with_a_name_and_a_version_named_later"),
    ],
    "versions are immutable, in code and in the database": [
        ("services/test_versions_never_change.py", "test_the_code_changes_and_deletes_none"),
        ("services/test_versions_never_change.py", "test_the_database_refuses_another_content_number_or_time"),
        ("services/test_versions_never_change.py", "test_the_database_refuses_to_delete_one"),
    ],
    # ---- Deepnote's way
    "live updates: every saved change becomes the app, seen on reload": [
        (DEEPNOTE, "test_without_the_setting_the_app_waits_for_publish"),
        (DEEPNOTE, "test_with_it_a_saved_change_is_the_app_at_once_with_what_the_notebook_shows"),
        (DEEPNOTE, "test_a_visitor_sees_it_on_reload_and_keeps_the_inputs"),
    ],
    "a copy of the notebook is published to the same app; settings and link stay": [
        (DEEPNOTE, "test_a_copy_becomes_the_app_with_the_same_link_visibility_and_settings"),
    ],
    "delete app: 404, schedules pause, publishing again gives the same link back": [
        (DEEPNOTE, "test_deleting_the_app_answers_404_pauses_schedules_and_publishing_brings_the_link_back"),
    ],
    # ---- Schedules
    "hourly, daily, weekly, monthly or cron, in a time zone": [
        (CLOCK, "test_it_is_said_in_words_and_kept_without_loss"),
        (CLOCK, "test_what_is_no_schedule_is_refused_in_a_sentence"),
    ],
    "the next ten times in both zones, with gaps and overlaps marked": [
        (PAGE, "test_bob_makes_a_schedule_in_words"),
        (PAGE, "test_the_next_times_mark_what_the_clocks_do"),
    ],
    "what does not exist runs later, what comes twice runs once, hourly is every real hour: for a year": [
        (YEAR, "test_every_day"),
        (YEAR, "test_every_weekday_and_at_the_end_of_every_month"),
        (YEAR, "test_every_real_hour"),
        (YEAR, "test_a_cron_line_of_fixed_hours_is_read_off_the_wall"),
        (YEAR, "test_a_cron_line_of_every_hour_is_every_real_hour"),
    ],
    "the version that is published when it starts, with defaults or saved inputs": [
        (SCHEDULES, "test_it_runs_the_version_that_is_published_when_it_starts"),
        (SCHEDULES, "test_saved_inputs_are_used_as_far_as_they_are_still_good"),
        (PAGE, "test_a_set_of_inputs_is_saved_once_and_chosen_by_several_schedules"),
    ],
    "nothing published: it can't be scheduled": [
        (SCHEDULES, "test_a_project_without_a_publication_cannot_be_scheduled"),
        (PAGE, "test_nothing_published_says_what_to_do"),
    ],
    "a good run becomes the app's results, a failed one never replaces good ones": [
        (SCHEDULES, "test_a_good_run_becomes_what_the_app_shows"),
        (SCHEDULES, "test_a_failed_run_never_replaces_good_results"),
    ],
    "overlap: skipped, and recorded with the reason": [
        (SCHEDULES, "test_one_that_still_goes_on_makes_the_next_one_skip"),
        (RUNS, "test_due_times_that_started_nothing_are_in_the_log"),
    ],
    "missed: the latest is caught up if younger than an hour, the others are recorded, nobody is left without a word": [
        (SCHEDULES, "test_after_an_outage_only_the_latest_runs_and_the_others_are_recorded_as_missed"),
        (SCHEDULES, "test_later_than_the_grace_even_the_latest_is_missed"),
        (PROCESSES, "test_after_hours_without_a_beat_the_latest_is_made_up_for_and_the_rest_recorded"),
        (TELLING, "test_what_was_missed_is_told_once_with_what_was_made_up_for"),
    ],
    "two beats and a restart: exactly one run a due time": [
        (PROCESSES, "test_two_beats_and_a_restart_start_one_run_a_due_time"),
        ("services/test_ticking_at_once.py", "test_one_run_a_due_time"),
        (SCHEDULES, "test_a_clock_that_is_set_starts_nothing_twice_and_leaves_nothing_out"),
    ],
    "user code runs at most once; a lost worker is marked and reported": [
        (PROCESSES, "test_a_worker_killed_in_the_middle_leaves_one_run_that_is_lost_and_the_next_goes_as_usual"),
        (PLAYING, "test_a_message_delivered_twice_plays_once"),
        (TELLING, "test_a_lost_worker_is_told_without_a_cell"),
    ],
    "e-mail on failure, and on success if wanted": [
        (TELLING, "test_bob_is_told_which_cell_broke_and_why"),
        (TELLING, "test_a_success_is_told_only_to_those_who_want_it"),
        ("services/test_diagnosis.py", "test_the_mail_waits_for_the_check_and_says_what_broke"),
    ],
    "after 5 failures in a row it pauses itself and says so": [
        (SCHEDULES, "test_five_failures_in_a_row_pause_it_and_say_so"),
        (SCHEDULES, "test_runs_that_were_cancelled_are_no_failures"),
        (TELLING, "test_the_last_failure_says_that_the_schedule_is_paused"),
    ],
    "every run leaves a row and an executed notebook with its own address": [
        (RUNS, "test_the_log_says_who_what_and_how_it_ended"),
        (RUNS, "test_a_run_shows_what_it_executed"),
        (RUNS, "test_the_executed_notebook_is_a_jupyter_file_with_its_outputs"),
        (PLAYING, "test_a_cell_that_fails_fails_the_run_and_the_rest_is_not_run"),
    ],
    "a person with Can Edit cancels, runs now, restores earlier outputs": [
        (RUNS, "test_acting_on_runs_takes_can_edit"),
        (RUNS, "test_bob_cancels_a_run_that_waits"),
        (RUNS, "test_bob_restores_earlier_results"),
        (PAGE, "test_pausing_resuming_running_and_deleting"),
    ],
}


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("promise", PROVED)
def test_every_promise_has_its_test(promise: str) -> None:
    assert PROVED[promise]
    for file, name in PROVED[promise]:
        assert name in names_in(file), f"{promise}: there is no {file}::{name}"
