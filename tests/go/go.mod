module celery_result_test

go 1.19
